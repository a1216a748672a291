// Draws the codes of `tests/qr/codes.rs` as a browser shows them, by the widget's own sheet: node qr-pictures.mjs CODES FOLDER

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { browser } from './lib.mjs'

const [codes, folder] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const sheet = readFileSync(new URL('../../style/nidan-flow.css', import.meta.url), 'utf8')
const shared = await browser()
const page = await shared.newPage({ viewport: { width: 1280, height: 800 } })
await page.setContent(`<style>${sheet}</style><nidan-flow style="display:block;padding:24px"><div class="nidan"><div class="nidan-qr"></div></div></nidan-flow>`)
const list = readFileSync(codes, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
for (const [number, { large, viewBox, d }] of list.entries()) {
  await page.evaluate(([large, viewBox, d]) => {
    const frame = document.querySelector('.nidan-qr')
    frame.toggleAttribute('data-large', large)
    frame.innerHTML = `<svg viewBox="${viewBox}"><path d="${d}"/></svg>`
  }, [large, viewBox, d])
  await page.locator('.nidan-qr svg').screenshot({ path: join(folder, `${number}.png`) })
}
writeFileSync(join(folder, 'texts.json'), JSON.stringify(list.map(({ uri, large }) => ({ uri, large }))))
await shared.close()
