// Files of the widget's own folder: fetched once for all elements of the page, and checked where they are code.

/** The widget's own folder. */
export const base = new URL('.', import.meta.url)
/** Integrity (W3C Subresource Integrity) of what is run. A release build writes it here. */
const HASHES = {}

/** An element with properties. */
export const make = (tag, properties) => Object.assign(document.createElement(tag), properties)

/** A file; rejects when it is not there, or not the one that it should be. */
export async function file(name) {
  const answer = await fetch(new URL(name, base), { integrity: HASHES[name] })
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
  return answer
}

// What was fetched: modules, sheets and catalogues.
const kept = new Map()

/** Fetches once; what failed is fetched again by the next element. */
export function once(load, name) {
  const key = load.name + name
  if (!kept.has(key)) {
    const loaded = load(name)
    loaded.catch(() => kept.delete(key))
    kept.set(key, loaded)
  }
  return kept.get(key)
}

/** What does not work any more is fetched anew by the next element. */
export function forget(load, name) {
  kept.delete(load.name + name)
}

/** The module and its glue, side by side. */
export async function loadModule(name) {
  const wasm = file(`${name}_bg.wasm`)
  wasm.catch(() => {})
  const glue = await loadScript(`${name}.js`)
  await glue.default({ module_or_path: wasm })
  return glue
}

/** `import()` takes no integrity, but it takes what was preloaded with one. */
export async function loadScript(name) {
  const href = new URL(name, base)
  if (HASHES[name]) {
    await new Promise((onload, refuse) => {
      const onerror = () => refuse(new Error(`${name}: not there, or not the right one`))
      document.head.append(make('link', { rel: 'modulepreload', integrity: HASHES[name], onload, onerror, href }))
    })
  }
  return import(href)
}

/**
 * Adopted, not inserted: this works under a policy without any style-src grant. Inside of the element each rule weighs more
 * than any class of the page; the element's own box stays the page's to set.
 */
export async function loadSheet(name) {
  const text = await (await file(name)).text()
  return new CSSStyleSheet().replace(text.replace(/nidan-flow (?!\{)/g, 'nidan-flow:not(#_) '))
}

/** The same for inside of a shadow tree, where the element is `:host`. */
export async function loadHostSheet(name) {
  const text = await (await file(name)).text()
  return new CSSStyleSheet().replace(text.replace(/nidan-flow(\[.*?\])?/g, (_, state) => (state ? `:host(${state})` : ':host')))
}

/** By place: a release leaves the keys out, and the words that a purpose has no use for. */
export async function loadWords(name) {
  return Object.values(await loadJson(name))
}

/** What a catalogue calls its words, in their order. */
export async function loadJson(name) {
  return (await file(name)).json()
}
