// The element's own scripts as pages load them: one file instead of five, with the integrity of what it loads.

import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { fail, minified } from './run.mjs'

/** What only some pages load, and when they need it. */
const LATER = ['set-up.js', 'manage.js', 'help.js', 'guide.js', 'passkey.js']
const PARTS = ['files.js', 'languages.js', 'options.js', 'page.js']

export function packScripts(folder, modules) {
  const read = (name) => readFileSync(join(folder, name), 'utf8')
  const hash = (name) => `sha256-${createHash('sha256').update(readFileSync(join(folder, name))).digest('base64')}`
  const hashes = (names) => Object.fromEntries(names.map((name) => [name, hash(name)]))
  const files = (modules) => modules.flatMap((name) => [`${name}.js`, `${name}_bg.wasm`])
  for (const part of LATER) writeFileSync(join(folder, part), minified(read(part)))
  const loader = withHashes(joined(read, 'nidan-flow.js', PARTS), hashes([...files(modules), ...LATER]))
  writeFileSync(join(folder, 'nidan-flow.js'), minified(loader))
  // The function beside the element: for applications, whose pages load it in addition.
  const mount = withHashes(joined(read, 'mount.js', ['files.js']), hashes(['nidan-flow.js']))
  writeFileSync(join(folder, 'mount.js'), minified(mount))
  for (const part of PARTS) rmSync(join(folder, part))
}

/** A script with its other parts inside, in the order in which they need each other: one request instead of one after the other. */
export function joined(read, script, parts) {
  const imports = /^import \{.*\} from '\.\/([\w-]+\.js)'\n/gm
  const texts = parts.map(read)
  for (const [, name] of [...texts, read(script)].join('').matchAll(imports)) if (!parts.includes(name)) fail(`${name} is not joined`)
  return [...texts.map((text) => text.replaceAll(/^export /gm, '')), read(script)].map((text) => text.replaceAll(imports, '')).join('')
}

/** What is run is checked by the browser before it runs (W3C Subresource Integrity). */
export function withHashes(script, hashes) {
  const empty = 'const HASHES = {}'
  if (!script.includes(empty)) fail('there is no place for the hashes')
  return script.replace(empty, `const HASHES = ${JSON.stringify(hashes)}`)
}
