// Files of the widget's own folder: fetched once for all elements of the page, and checked where they are code.

/** The widget's own folder. */
export const base = new URL('.', import.meta.url)
/** Integrity (W3C Subresource Integrity) of what is run. A release build writes it here. */
const HASHES = {}

/** Module, sheet, catalogue and script for each purpose: a login loads nothing of the set-up. */
const MANAGE = ['nidan-manage', 'nidan-manage.css', 'manage.', 'manage.js']
export const FILES = { enroll: ['nidan', 'nidan-flow.css', '', 'set-up.js'], verify: ['nidan-login', 'nidan-login.css', 'login.'], manage: MANAGE, approve: MANAGE }

/** An element with properties. */
export const make = (tag, properties) => Object.assign(document.createElement(tag), properties)

/** A file; rejects when it is not there, or not the one that it should be. */
export async function file(name) {
  const answer = await fetch(new URL(name, base), { integrity: HASHES[name] })
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
  return answer
}

/** Loads each name once for all elements of the page; what failed is loaded again by the next one, and so is what is forgotten. */
function once(load) {
  const kept = new Map()
  const loader = (name) => {
    if (!kept.has(name)) {
      const loaded = load(name)
      loaded.catch(() => kept.delete(name))
      kept.set(name, loaded)
    }
    return kept.get(name)
  }
  loader.forget = (name) => kept.delete(name)
  return loader
}

/** The module and its glue, side by side. */
export const loadModule = once(async (name) => {
  const wasm = file(`${name}_bg.wasm`)
  wasm.catch(() => {})
  const glue = await loadScript(`${name}.js`)
  await glue.default({ module_or_path: wasm })
  return glue
})

/** `import()` takes no integrity, but it takes what was preloaded with one. */
export async function loadScript(name) {
  const href = new URL(name, base)
  if (HASHES[name]) {
    // WebKit runs what was preloaded whatever its hash; a `fetch` is refused there too.
    await file(name)
    await new Promise((onload, refuse) => {
      const onerror = () => refuse(new Error(`${name}: altered`))
      document.head.append(make('link', { rel: 'modulepreload', integrity: HASHES[name], onload, onerror, href }))
    })
  }
  return import(href.href)
}

/** A script that only some pages need. */
export const loadPart = once(loadScript)

/**
 * Adopted, not inserted: this works under a policy without any style-src grant. Inside of the element each rule weighs more
 * than any class of the page; the element's own box stays the page's to set.
 */
export const loadSheet = once(async (name) => {
  const text = await (await file(name)).text()
  return new CSSStyleSheet().replace(text.replace(/nidan-flow (?!\{)/g, 'nidan-flow:not(#_) '))
})

/** The same for inside of a shadow tree, where the element is `:host`. */
export const loadHostSheet = once(async (name) => {
  const text = await (await file(name)).text()
  return new CSSStyleSheet().replace(text.replace(/nidan-flow(\[.*?\])?/g, (_, state) => (state ? `:host(${state})` : ':host')))
})

/** What there is as JSON: a catalogue, its keys, a pack of help. */
export const loadJson = once(async (name) => (await file(name)).json())
