// Every state of the gallery × language × theme × colours under axe; the count of combinations is printed.

import { examine } from './axe.mjs'
import { browser } from './lib.mjs'
import { LOCALES, THEMES, show, states, window } from './gallery.mjs'

/** The themes on a page that stands, one after the other: what changes is the look, so the walk is not taken again. */
async function dress(page, theme) {
  await page.evaluate(async (theme) => {
    document.querySelector('#theme')?.remove()
    if (!theme) return
    await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('link'),
      { id: 'theme', rel: 'stylesheet', href: `/nidan/themes/${theme}.css`, onload, onerror })))
  }, theme)
}

/**
 * What axe finds on a page that stands, in each theme, light and dark: all rules in the first look, and with `all` in each. With `nth`
 * in two looks only, the first and another one by turns: each look then meets every seventh state.
 */
export async function examineLooks(page, what, { themes = THEMES, schemes = ['light', 'dark'], all = false, nth = -1 } = {}) {
  const findings = []
  const [first, ...others] = themes.flatMap((theme) => schemes.map((colorScheme) => ({ theme, colorScheme })))
  const turn = nth < 0 ? others : [others[nth % others.length]]
  for (const look of [first, ...turn]) {
    const { theme, colorScheme } = look
    await dress(page, theme)
    await page.emulateMedia({ colorScheme })
    findings.push(...await examine(page, `${what} ${theme || 'usual'} ${colorScheme}`, { onlyLooks: !all && look !== first }))
  }
  await dress(page, '')
  await page.emulateMedia({ colorScheme: 'light' })
  return findings
}

/** What axe finds in every state, language, tree and look, and in how many of them it looked. */
async function matrix(shared, workers = 2) {
  const findings = []
  let count = 0
  const walks = ['light', 'shadow'].flatMap((dom) => LOCALES.flatMap((locale) => states.map(({ name }) => ({ name, locale, dom }))))
  await Promise.all(Array.from({ length: workers }, async () => {
    const page = await window(shared)
    for (let walk; (walk = walks.pop());) {
      const { name, ...options } = walk
      await show(page, name, options)
      findings.push(...await examineLooks(page, `${name} ${options.locale} ${options.dom}`, { all: true }))
      count += THEMES.length * 2
    }
    await page.context().close()
  }))
  return { findings, count }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const shared = await browser()
  const { findings, count } = await matrix(shared)
  await shared.close()
  for (const finding of findings) console.log(finding)
  console.log(`${states.length} states × ${LOCALES.length} languages × ${THEMES.length} themes × light and dark × light and shadow tree: ${count} combinations, ${findings.length} findings`)
  process.exitCode = findings.length ? 1 : 0
}
