"""The language server: what the engine says of a text, for an editor that has it open.

The editor's text counts, saved or not; what is beside it is read from disk. Nothing here reads or mends a
text itself: findings and mended texts are those of the command line. It speaks the Language Server Protocol
(https://microsoft.github.io/language-server-protocol/) through pygls, which nothing else imports.
"""
