from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

SECRET_KEY = "only-for-a-test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_settings"
STATIC_URL = "static/"
STATIC_ROOT = "/code/static"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles"]
WSGI_APPLICATION = "site_settings.application"

urlpatterns = [path("", lambda request: HttpResponse("hello from django"))]


def application(environ, start_response):
    return get_wsgi_application()(environ, start_response)
