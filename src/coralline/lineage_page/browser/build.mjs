// Builds the page: `npm ci && npm run build` writes ../static; `node build.mjs FOLDER` writes elsewhere.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "../static"));
const bundled = ["cytoscape", "@dagrejs/dagre", "@dagrejs/graphlib"];

await mkdir(target, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { page: "source/page.js", theme: "source/theme.js", "page-style": "styles/page.css" },
  entryNames: "[name]",
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none", // their licences are in licences.txt
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) await copyFile(join(here, name), join(target, name));
await writeFile(join(target, "licences.txt"), await licences());

/** Name, version and licence of everything that is in page.js and not ours. */
async function licences() {
  const texts = bundled.map(async (name) => {
    const folder = join(here, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = await readFile(join(folder, "LICENSE"), "utf8").catch(() => readFile(join(folder, "LICENSE.md"), "utf8"));
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}
