from setuptools import setup

setup(name="staged", version="1.0", package_dir={"": "src"}, packages=["staged"])
