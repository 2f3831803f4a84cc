"""The lossless Dockerfile model: the only code that knows Dockerfile syntax."""
