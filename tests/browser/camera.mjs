// A look at a screen: by axe always, and as a picture where NIDAN_SCREENS names a folder for it.

import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const into = process.env.NIDAN_SCREENS
if (into) mkdirSync(into, { recursive: true })

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const findings = []
let pages = 0

/** How many pages axe has seen so far, and what it found, a line each. */
export const told = () => ({ pages, findings })

/** Numbered looks at whole pages; a name says of what, in which language, how wide, and whether dark. */
export function camera(at, series, { lang, width, dark }, begin = 0) {
  let number = begin
  const shot = async (name, page = at.page) => {
    number += 1
    await page.evaluate(() => { document.activeElement?.scrollIntoView({ block: 'nearest' }); scrollTo(0, 0) })
    const what = `${series}${String(number).padStart(2, '0')}-${name}-${lang}-${width}-${dark ? 'dark' : 'light'}`
    if (into) await page.screenshot({ path: join(into, `${what}.png`), fullPage: true })
    await examine(page, what)
  }
  shot.count = () => number
  /** The next look has the number of the last one: the same screen once more. */
  shot.back = () => { number -= 1 }
  return shot
}

/** All of axe's rules, the best practices too. */
async function examine(page, what) {
  await page.evaluate(AXE)
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({ resultTypes: ['violations'] })
    return violations.map(({ id, help, nodes }) => ({ id, help, targets: nodes.map(({ target }) => target.join(' ')) }))
  })
  pages += 1
  for (const { id, help, targets } of violations) findings.push(`${what}: ${id} (${help}): ${targets.join('; ')}`)
}
