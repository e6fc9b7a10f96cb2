"""What numpy calls the pixels of a table here."""

from __future__ import annotations

from typing import Any

import numpy as np

Pixels = np.ndarray[Any, np.dtype[Any]]
"""(height, width, 3), RGB, 8 bits; or (height, width), one value each."""
