// By the keyboard alone: a set-up and a login, each focus seen, and in the order in which the screen reads.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { backupCodes, browser, codeOf, inFirefox, password, person, scan, signOut, signUp, title } from './lib.mjs'

/** More stops than any screen has. */
const STOPS = 40

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** Where the focus is, by what is read out, and whether it shows. */
const focus = ({ page }) => page.evaluate(() => {
  const one = document.activeElement
  const style = getComputedStyle(one)
  const label = one.labels?.[0]?.textContent ?? one.ariaLabel ?? one.textContent
  return { name: label.trim(), tag: one.tagName, shows: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, inside: Boolean(one.closest('nidan-flow')) }
})

/** Tab after tab, until the thing of this name has the focus. */
async function tabTo(at, name) {
  const passed = []
  for (let stop = 0; stop < STOPS; stop++) {
    const now = await focus(at)
    if (now.inside && now.tag !== 'H2') assert.ok(now.shows, `the focus on "${now.name}" does not show`)
    if (now.name === name && now.tag !== 'H2') return passed
    passed.push(now.name)
    await at.page.keyboard.press('Tab')
  }
  throw new Error(`no way to "${name}"; passed ${passed.join(' → ')}`)
}

async function enter(at, key, by = 'Enter') {
  await tabTo(at, at.w[key])
  await at.page.keyboard.press(by)
}

test('a set-up, then a login, without a mouse', { skip: inFirefox && 'Chromium shows where the focus is by the same rules' }, async () => {
  const at = await person(shared, { lang: 'en' })
  const email = await signUp(at)
  await at.page.locator('#set-up').focus()
  await at.page.keyboard.press('Enter')
  await title(at, 'start.title')
  await enter(at, 'start.why-title', 'Space')
  await at.page.getByText(at.w['start.why-reuse']).waitFor()
  await enter(at, 'start.begin')
  await title(at, 'method.title')
  await enter(at, 'method.use')
  await title(at, 'app.title')
  await enter(at, 'app.have-one', 'Space')
  await title(at, 'add.title')
  await enter(at, 'add.enlarge')
  const uri = await scan(at.page)
  await enter(at, 'add.no-scan')
  await tabTo(at, at.w['add.copy-key'])
  await enter(at, 'add.done')
  await title(at, 'confirm.title')
  assert.equal((await focus(at)).tag, 'INPUT', 'the field has the focus at once')
  await at.page.keyboard.type('000000')
  await at.page.getByRole('alert').filter({ hasText: at.w['confirm.wrong'].split('.')[0] }).waitFor()
  assert.equal((await focus(at)).tag, 'INPUT', 'and keeps it')
  await at.page.keyboard.press('Control+A')
  await at.page.keyboard.type(codeOf(uri))
  await title(at, 'another.title')
  await enter(at, 'common.next')
  await title(at, 'codes.title')
  const [first, second] = await backupCodes(at)
  await tabTo(at, at.w['codes.type-label'])
  await at.page.keyboard.type(first)
  await at.page.keyboard.press('Enter')
  await title(at, 'done.title')
  await enter(at, 'done.finish')
  await at.page.locator('#state').waitFor()
  await signOut(at)

  await password(at, email)
  await title(at, 'login.title')
  assert.equal((await focus(at)).tag, 'INPUT')
  await at.page.keyboard.press('Tab')
  assert.equal((await focus(at)).name, at.w['login.trust'].replace('{days}', '30'))
  const order = await tabTo(at, at.w['login.not-me'])
  assert.deepEqual(order.slice(-2), [at.w['login.submit'], at.w['login.another']])
  await at.page.keyboard.press('Shift+Tab')
  await at.page.keyboard.press('Enter')
  await title(at, 'login.ways-title')
  await enterBackup(at)
  await title(at, 'login.backup-title')
  assert.equal((await focus(at)).tag, 'INPUT')
  await at.page.keyboard.type(second)
  await at.page.keyboard.press('Enter')
  await at.page.locator('#state').waitFor()
  assert.deepEqual(at.complaints, [])
  await at.context.close()
})

async function enterBackup(at) {
  await tabTo(at, at.w['login.way-backup'].replace('{count}', '10'))
  await at.page.keyboard.press('Enter')
}
