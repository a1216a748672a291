// Every screen of every walk, looked at by axe: no finding, best practices included.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { told } from './camera.mjs'
import { browser } from './lib.mjs'
import { matrix } from './matrix.mjs'
import { walks } from './walks.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

for (const look of [{ lang: 'ja', width: 360, dark: false }, { lang: 'en', width: 1280, dark: true }]) {
  for (const walk of walks) {
    test(`${walk.name}, ${look.lang}, ${look.width} px, ${look.dark ? 'dark' : 'light'}`, async () => {
      const before = told().findings.length
      await walk(shared, look)
      assert.deepEqual(told().findings.slice(before), [])
    })
  }
}

// A part of the whole, which `cargo xtask matrix` looks at: every state in every theme, and every state from right to left.
for (const [what, options] of [['in English, every theme, light and dark', { locales: ['en'] }], ['in Arabic, in a tree of its own', { locales: ['ar'], themes: [''], schemes: ['light'], trees: ['shadow'] }]]) {
  test(`every state ${what}`, async () => {
    const { findings, count } = await matrix(shared, options)
    console.log(`# ${count} combinations, ${findings.length} findings`)
    assert.deepEqual(findings, [])
  })
}
