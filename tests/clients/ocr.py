"""A client as the published API describes its Python users: ocr.py BASE TOKEN FILE FORMAT OUT."""

import sys
import time

import requests

base, token, path, form, out = sys.argv[1:]
API = f"{base}/api/v1/ocr/"
H = {"Authorization": f"Bearer {token}"}

with open(path, "rb") as f:  # noqa: PTH123  # as users write it
    job = requests.post(API, headers=H, files={"file": f}, data={"tier": "cpu", "language": "auto"}).json()
while job["status"] in ("pending", "processing"):
    time.sleep(0.5)
    job = requests.get(API + job["uuid"] + "/", headers=H).json()
print(job["markdown"])
r = requests.get(API + job["uuid"] + "/download/", headers=H, params={"format": form})
with open(out, "wb") as f:  # noqa: PTH123
    f.write(r.content)
