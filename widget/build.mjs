// One step: src/index.ts and its style sheet become one script for any page.
// The same sources give the same bytes; tests/unit/test_widget_build.py holds the committed build to that.
// An argument names another output file (the test uses it to compare).
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const minifiedCss = {
  name: "minified-css",
  setup(context) {
    context.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), {
        loader: "css",
        minify: true,
        target: "es2022",
      });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

await build({
  entryPoints: [here("src/index.ts")],
  outfile: process.argv[2] ?? here("../channels/website/static/widget.js"),
  absWorkingDir: here("."),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/* Omotenashi, Apache-2.0; source: widget/ */" },
  plugins: [minifiedCss],
});
