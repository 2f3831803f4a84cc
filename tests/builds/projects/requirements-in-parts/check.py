import importlib.metadata

for name in ("itsdangerous", "markupsafe"):
    print(name, importlib.metadata.version(name))
