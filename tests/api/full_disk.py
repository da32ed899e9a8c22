"""A storage whose disk is full."""

import errno
import os
from typing import Any

from django.core.files.storage import FileSystemStorage


class FullDisk(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
