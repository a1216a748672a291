// All of axe's rules on a page, the best practices too.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds, a line each; `what` says where. */
export async function examine(page, what) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE)
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({ resultTypes: ['violations'] })
    return violations.map(({ id, help, nodes }) => ({ id, help, targets: nodes.map(({ target }) => target.join(' ')) }))
  })
  return violations.map(({ id, help, targets }) => `${what}: ${id} (${help}): ${targets.join('; ')}`)
}
