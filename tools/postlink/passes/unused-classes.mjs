// Classes of other crates that the glue exports (streams for server functions): no page asks for them.

import { fail } from '../run.mjs'

/** The exports that the loader imports from the glue: the widget, and the set-up of the module. */
const KEPT = ['Mounted', 'mount']

export const name = 'unused classes'

export function pass({ glue, ...rest }) {
  const classes = [...glue.matchAll(/^export class (\w+) \{$/gm)].map(([, name]) => name).filter((name) => !KEPT.includes(name))
  for (const name of classes) {
    glue = glue
      .replace(new RegExp(`^export class ${name} \\{$[\\s\\S]*?^\\}$\\n`, 'm'), '')
      .replace(new RegExp(`^if \\(Symbol\\.dispose\\) ${name}\\..*$\\n`, 'm'), '')
      .replace(new RegExp(`^const ${name}Finalization = [\\s\\S]*?;\\n(?=\\n|const|function)`, 'm'), '')
    if (glue.includes(name)) fail(`${name} is still in the glue`)
  }
  return { ...rest, glue }
}
