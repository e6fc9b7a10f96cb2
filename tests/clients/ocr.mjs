// A client as the published API describes its JavaScript users: ocr.mjs BASE TOKEN FILE FORMAT OUT.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const [base, token, path, format, out] = process.argv.slice(2);
const API = `${base}/api/v1/ocr/`;
const headers = { Authorization: `Bearer ${token}` };

const form = new FormData();
form.append("file", new Blob([await readFile(path)]), basename(path));
form.append("tier", "cpu");
form.append("language", "auto");
let job = await (await fetch(API, { method: "POST", headers, body: form })).json();
while (job.status === "pending" || job.status === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 500));
  job = await (await fetch(`${API}${job.uuid}/`, { headers })).json();
}
console.log(job.markdown);
const download = await fetch(`${API}${job.uuid}/download/?format=${format}`, { headers });
await writeFile(out, Buffer.from(await download.arrayBuffer()));
