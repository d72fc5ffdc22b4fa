"""Where Piccolo finds our engine and our one app."""

from piccolo.conf.apps import AppRegistry

from backend.core.database import DB

APP_REGISTRY = AppRegistry(apps=["backend.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
