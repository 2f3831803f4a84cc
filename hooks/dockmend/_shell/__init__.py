"""Shell text: what a script of `RUN`, `CMD` or `ENTRYPOINT` says, without ever running it."""
