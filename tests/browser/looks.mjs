// Pictures of the gallery into NIDAN_SCREENS: themes, languages, forced colours, paper, narrow windows, and pages with sheets of their own.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { browser } from './lib.mjs'
import { LOCALES, THEMES, dressed, show, window } from './gallery.mjs'

const into = process.env.NIDAN_SCREENS
mkdirSync(into, { recursive: true })
const shared = await browser()

async function pictures(series, states, looks, setting = {}) {
  const page = await window(shared, setting)
  for (const [name, options] of Object.entries(looks)) {
    await dressed(page, options.host)
    for (const state of states) {
      await page.emulateMedia({ media: 'screen' })
      await show(page, state, options)
      // What has to be typed on the way there is on no paper.
      if (setting.paper) await page.emulateMedia({ media: 'print' })
      await page.screenshot({ path: join(into, `g-${series}-${name}-${state}.png`), fullPage: true })
    }
  }
  await page.context().close()
}

const each = (names, options) => Object.fromEntries(names.map((name) => [name, options(name)]))
const FEW = ['method', 'add-account-key', 'save-codes-typo', 'login-code']
const themes = each(THEMES.filter(Boolean), (theme) => ({ theme, locale: 'ja' }))
await pictures('theme-light', FEW, themes)
await pictures('theme-dark', FEW, themes, { dark: true })
await pictures('language', ['confirm-wrong', 'login-code'], each(LOCALES, (locale) => ({ locale })))
await pictures('forced', FEW, { colours: { locale: 'en' } }, { forced: true })
await pictures('paper', ['save-codes', 'add-account-key'], { print: { locale: 'en' } }, { paper: true })
await pictures('narrow', FEW, { 320: { locale: 'de' } }, { width: 320 })
const hosts = ['bootstrap', 'tailwind', 'hostile']
await pictures('host-light', FEW, each(hosts, (host) => ({ host, locale: 'en' })))
await pictures('host-shadow', FEW, each(hosts, (host) => ({ host, locale: 'en', dom: 'shadow' })))
await shared.close()
