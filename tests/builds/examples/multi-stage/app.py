import markupsafe._speedups  # noqa: F401 - compiled in the build


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"app answers"]
