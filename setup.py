"""Packages of the wheel. In a checkout models/ and assets/ lie beside app/; in an installed wheel
they lie in app/_data/, which app.paths knows. Everything else stands in pyproject.toml."""

from setuptools import find_packages, setup

MODELS, ASSETS = "app._data.models", "app._data.assets"

setup(
    packages=[*find_packages(include=["app", "app.*"]), MODELS, ASSETS],
    package_dir={MODELS: "models", ASSETS: "assets"},
    package_data={
        MODELS: ["*/pack.json", "*/*.onnx", "*/*.npz", "*/CARD.md"],
        ASSETS: ["**/*"],
    },
    exclude_package_data={MODELS: ["training/**"], ASSETS: ["**/*.py", "**/__pycache__/*"]},
)
