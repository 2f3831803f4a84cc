"""The smallest WSGI application."""


def app(environ, start_response):
    """Answer every request with one line."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"mended\n"]
