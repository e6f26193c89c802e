// Reads an AsyncAPI document with the parser of its makers and prints what that says, as JSON.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

async function main() {
  const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
  const channels = document ? document.channels().all().map((it) => it.address()) : [];
  const said = diagnostics.map((it) => `${it.code} at ${it.path.join("/")}: ${it.message}`);
  process.stdout.write(JSON.stringify({ channels, said }));
}

main();
