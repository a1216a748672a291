// Every screen, in both languages, at 360 and 1280 px, light and dark: looked at by axe, and taken into NIDAN_SCREENS.

import { browser } from './lib.mjs'
import { told } from './camera.mjs'
import { walks } from './walks.mjs'

const shared = await browser()
for (const lang of ['ja', 'en']) {
  for (const width of [360, 1280]) {
    for (const dark of [false, true]) {
      for (const walk of walks) await walk(shared, { lang, width, dark })
    }
  }
}
await shared.close()
const { pages, findings } = told()
console.log(`axe: ${pages} pages, ${findings.length} findings`)
for (const finding of findings) console.log(finding)
process.exitCode = findings.length > 0 ? 1 : 0
