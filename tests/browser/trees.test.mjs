// What screen readers see of each state, kept beside the tests: a change shows in the diff. NIDAN_UPDATE=1 writes them anew.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { browser } from './lib.mjs'
import { show, states, window } from './gallery.mjs'

const folder = new URL('./trees/', import.meta.url)
mkdirSync(folder, { recursive: true })

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** Seconds run on while the picture is taken. */
const still = (tree) => tree.replaceAll(/\b\d+ s\b/g, 'N s')

test('each state has the tree that was looked at', async () => {
  const page = await window(shared)
  const differ = []
  for (const { name } of states) {
    await show(page, name, { locale: 'en' })
    const tree = still(await page.locator('nidan-flow').ariaSnapshot())
    const file = new URL(`${name}.yml`, folder)
    if (process.env.NIDAN_UPDATE) writeFileSync(file, `${tree}\n`)
    else if (readFileSync(file, 'utf8') !== `${tree}\n`) differ.push(`${name}:\n${tree}`)
  }
  assert.deepEqual(differ, [])
  assert.deepEqual(readdirSync(folder).sort(), states.map(({ name }) => `${name}.yml`).sort(), 'a tree of no state')
  await page.context().close()
})

test('in a tree of its own it says the same, in the same order', async () => {
  const page = await window(shared)
  const words = (tree) => tree.match(/"[^"]*"|: .+/g) ?? []
  for (const { name } of states) {
    await show(page, name, { locale: 'en', dom: 'shadow' })
    const tree = still(await page.locator('nidan-flow').ariaSnapshot())
    const light = readFileSync(new URL(`${name}.yml`, folder), 'utf8')
    assert.deepEqual(words(tree), words(light.trimEnd()), name)
  }
  await page.context().close()
})

test('no tree has the key, but for the text that shows it', () => {
  for (const name of readdirSync(folder)) {
    const tree = readFileSync(new URL(name, folder), 'utf8')
    const keys = tree.match(/([A-Z2-7]{4} ){7}[A-Z2-7]{4}/g) ?? []
    assert.equal(keys.length, name === 'add-account-key.yml' ? 1 : 0, name)
    assert.ok(!/otpauth:|[A-Z2-7]{32}/.test(tree.replaceAll(/url: .*/g, '')), name)
  }
})
