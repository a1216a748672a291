// What each module shows, from its own sources: the words that they name, and the classes of their blocks. A source that
// names words or classes and belongs to no module ends the build.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { fail } from './run.mjs'

const SCREENS = 'crates/screens/src'
const GUIDE = 'public/nidan/guide.js'
/** A login opens nothing of it that has a look of its own. */
const GUIDED = 'nidan'
/** The sources of each module's screens, and which constants of a kind of method they show. */
const SOURCES = {
  'nidan-login': { folders: [`${SCREENS}/login`], files: [`${SCREENS}/challenge.rs`, `${SCREENS}/typed.rs`], constants: ['WAY'] },
  'nidan-manage': {
    folders: [`${SCREENS}/login`, `${SCREENS}/manage`, `${SCREENS}/approve`], files: [`${SCREENS}/challenge.rs`, `${SCREENS}/typed.rs`], constants: ['WAY', 'CARD'],
  },
  nidan: {
    folders: [`${SCREENS}/set_up`],
    files: [`${SCREENS}/challenge.rs`, `${SCREENS}/typed.rs`, `${SCREENS}/apps.rs`, 'src/shell/export.rs', 'src/render/set_up.rs'],
    constants: ['CARD', 'DONE'],
  },
}
/** Sources that name every word, or words as examples. */
const NO_SCREENS = /(?:^|\/)(?:(?:tests|testing|messages|catalogue_rules|shape)\.rs$|(?:tests|situations)\/)/
/** What is there before the module is, and around what it draws. */
const ALWAYS = ['nidan', 'nidan-code', 'nidan-guide']

/** The keys and the classes that a module can show. */
export function used(module) {
  const { folders, files, constants } = SOURCES[module]
  const sources = [...folders.flatMap(sourcesIn), ...files].map(read).join('\n')
  const ofMethods = sourcesIn(`${SCREENS}/methods`).map(read).map((text) => constants.map((name) => constant(text, name)).join('\n'))
  return {
    keys: keysIn([sources, ...ofMethods].join('\n'), read(`${SCREENS}/messages.rs`)),
    classes: new Set([...ALWAYS, ...classesIn(sources), ...(module === GUIDED ? classesOfGuide(read(GUIDE)) : [])]),
    tags: new Set([...tagsIn(sources), ...(module === GUIDED ? tagsOfGuide(read(GUIDE)) : [])]),
  }
}

/** Every source that can show something is of a module. */
export function checkSources(folders = ['src', SCREENS]) {
  const listed = new Set(Object.values(SOURCES).flatMap(({ folders, files }) => [...folders.flatMap(sourcesIn), ...files]))
  for (const path of folders.flatMap(sourcesIn)) {
    if (listed.has(path) || path.startsWith(`${SCREENS}/methods/`)) continue
    if (/\bMsg::\w/.test(read(path)) || classesIn(read(path)).some((name) => !ALWAYS.includes(name))) fail(`${path} names words or classes, and no module has it`)
  }
}

/** The classes and the elements that the guide's script makes, for the module that shows all of it. */
export const classesOfGuide = (text) => [...text.matchAll(/className: '([\w -]+)'/g)].flatMap(([, names]) => names.split(' '))
export const tagsOfGuide = (text) => [...text.matchAll(/\b(?:make|node|text)\('(\w+)'/g)].map(([, tag]) => tag)

/** The keys of the words that the guide's script names; what few people read is its own file. */
export function usedByGuide() {
  const keys = new Set([...read(`${SCREENS}/messages.rs`).matchAll(/^ {4}\w+ = "([\w.-]+)",$/gm)].map(([, key]) => key))
  return new Set([...read(GUIDE).matchAll(/'([a-z]+\.[a-z-]+)'/g)].map(([, key]) => key).filter((key) => keys.has(key)))
}

const read = (path) => readFileSync(path, 'utf8')
const sourcesIn = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => path.endsWith('.rs') && !NO_SCREENS.test(path))

/** `pub(super) const NAME: Type = …;` with what is in it; empty where the file has none. */
export const constant = (text, name) => text.match(new RegExp(`const ${name}: [^;]*;`))?.[0] ?? ''

/** The catalogue's keys of the messages that a text names. */
export function keysIn(text, messages) {
  const keys = new Map([...messages.matchAll(/^ {4}(\w+) = "([\w.-]+)",$/gm)].map(([, name, key]) => [name, key]))
  return new Set([...text.matchAll(/\bMsg::(\w+)/g)].map(([, name]) => keys.get(name)).filter(Boolean))
}

/** The classes of shapes (`class=nidan-help`), and of what is drawn by hand (`"class", "nidan-country"`). */
export function classesIn(text) {
  return [...text.matchAll(/class(?:=|", ")([\w -]+)/g)].flatMap(([, names]) => names.split(' '))
}

/** The elements of shapes (`2p;class=…`), and what is drawn by hand (`element("path")`). */
export function tagsIn(text) {
  return new Set([...text.matchAll(/"\d([a-z]\w*)[;"]|\belement\("(\w+)"\)/g)].map(([, shape, drawn]) => shape ?? drawn))
}
