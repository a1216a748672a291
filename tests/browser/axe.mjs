// All of axe's rules on a page, the best practices too.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules that look at how a page is drawn. All others read its structure, which no look changes. */
const OF_LOOKS = ['color-contrast', 'link-in-text-block']

/** What axe finds, a line each; `what` says where. Of a page that was examined in another look, only what looks change. */
export async function examine(page, what, { onlyLooks = false } = {}) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE)
  const violations = await page.evaluate(async (rules) => {
    const { violations } = await globalThis.axe.run({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) })
    return violations.map(({ id, help, nodes }) => ({ id, help, targets: nodes.map(({ target }) => target.join(' ')) }))
  }, onlyLooks ? OF_LOOKS : undefined)
  return violations.map(({ id, help, targets }) => `${what}: ${id} (${help}): ${targets.join('; ')}`)
}
