// What each module shows, from its own sources: the words that they name, and the classes of their blocks. Nothing is kept
// by hand: a word that a screen names is in the module's catalogue.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SCREENS = 'crates/screens/src'
/** The sources of each module's screens, and which constants of a kind of method they show. */
const SOURCES = {
  'nidan-login': { folders: [`${SCREENS}/login`], files: [`${SCREENS}/challenge.rs`], constants: ['WAY'] },
  nidan: {
    folders: [`${SCREENS}/set_up`],
    files: [`${SCREENS}/challenge.rs`, `${SCREENS}/apps.rs`, 'src/shell/export.rs', 'src/render/set_up.rs'],
    constants: ['CARD', 'DONE'],
  },
}
/** What stands before the module does, and around what it draws. */
const ALWAYS = ['nidan', 'nidan-code']

/** The keys and the classes that a module can show. */
export function used(module) {
  const { folders, files, constants } = SOURCES[module]
  const sources = [...folders.flatMap(sourcesIn), ...files].map(read).join('\n')
  const ofMethods = sourcesIn(`${SCREENS}/methods`).map(read).map((text) => constants.map((name) => constant(text, name)).join('\n'))
  return {
    keys: keysIn([sources, ...ofMethods].join('\n'), read(`${SCREENS}/messages.rs`)),
    classes: new Set([...ALWAYS, ...classesIn(sources)]),
  }
}

const read = (path) => readFileSync(path, 'utf8')
const sourcesIn = (folder) => readdirSync(folder).filter((name) => name.endsWith('.rs') && name !== 'tests.rs').map((name) => join(folder, name))

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
