// A look at a screen: by axe always, and as a picture where NIDAN_SCREENS names a folder for it.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { examine } from './axe.mjs'

const into = process.env.NIDAN_SCREENS
if (into) mkdirSync(into, { recursive: true })

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
    findings.push(...await examine(page, what))
    pages += 1
  }
  shot.count = () => number
  /** The next look has the number of the last one: the same screen once more. */
  shot.back = () => { number -= 1 }
  return shot
}
