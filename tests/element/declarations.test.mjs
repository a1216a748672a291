// The declarations for TypeScript and the manifest for editors name what the element's scripts take and dispatch: no more, no less.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const types = read('package/nidan-flow.d.ts')
const [{ declarations: [element] }] = JSON.parse(read('package/custom-elements.json')).modules
const scripts = ['nidan-flow.js', 'page.js', 'set-up.js', 'manage.js', 'options.js'].map((name) => read(`public/nidan/${name}`)).join('\n')
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())
const sorted = (names) => [...new Set(names)].sort()
/** The body of an interface of the declarations. */
const body = (name) => types.match(new RegExp(`interface ${name}[^{]*\\{([^}]*)\\}`))[1].replace(/\/\*\*.*?\*\//gs, '')
const words = (type) => sorted([...type.matchAll(/'([\w-]+)'/g)].map(([, word]) => word))

let properties
before(async () => {
  const { defineProperties } = await import('../../public/nidan/options.js')
  const prototype = {}
  defineProperties(prototype)
  properties = sorted(Object.keys(Object.getOwnPropertyDescriptors(prototype)))
})

test('attributes and properties', () => {
  const declared = [...body('NidanFlowAttributes').matchAll(/^\s*'?([\w-]+)'?\??:/gm)].map(([, name]) => name)
  assert.deepEqual(sorted(declared.map(camel)), properties)
  assert.deepEqual(sorted(element.attributes.map(({ name }) => name)), sorted(declared))
  assert.deepEqual(sorted(element.attributes.map(({ fieldName }) => fieldName)), properties)
  const fields = [...body('NidanFlowElement').matchAll(/^\s*(\w+):/gm)].map(([, name]) => name)
  assert.deepEqual(sorted(fields), sorted([...properties, 'messages']))
})

test('words to choose from', () => {
  const choices = scripts.match(/const CHOICES = (\{.*\})/)[1]
  for (const [, name, list] of choices.matchAll(/(\w+): \[([^\]]*)\]/g)) {
    const { type } = element.attributes.find((attribute) => attribute.name === name)
    assert.deepEqual(words(type.text), words(list), name)
    const declared = body('NidanFlowAttributes').match(new RegExp(`^\\s*${name}\\?: (.*)$`, 'm'))[1]
    const alias = types.match(new RegExp(`export type ${declared} = (.*)`))
    assert.deepEqual(words(alias ? alias[1] : declared), words(list), name)
  }
})

test('methods and events', () => {
  const methods = [...body('NidanFlowElement').matchAll(/^\s*(\w+)\(/gm)].map(([, name]) => name)
  assert.deepEqual(sorted(element.members.filter(({ kind }) => kind === 'method').map(({ name }) => name)), sorted(methods))
  for (const method of methods) assert.match(scripts, new RegExp(`^  ${method}\\(`, 'm'))
  const events = sorted([...body('HTMLElementEventMap').matchAll(/'(nidan-\w+)'/g)].map(([, name]) => name))
  assert.deepEqual(sorted(element.events.map(({ name }) => name)), events)
  for (const event of events) assert.match(scripts, new RegExp(`'${event.replace('nidan-', '(nidan-)?')}'`), event)
})
