// What people do on the page on which methods are managed, as its tests walk there.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { codeOf, folder, password, press, sql, title, typeCode, withApp } from './lib.mjs'

/** The app has shown no code yet: the next one is good at once, and no test waits for it. */
export const unspent = () => sql('UPDATE totp SET last_step = 0')

/** Somebody with an app and backup codes, signed in. */
export async function enrolled(shared, options) {
  const who = await withApp(shared, options)
  await signIn(who)
  return who
}

export async function signIn({ at, email, uri }) {
  unspent()
  await password(at, email)
  await title(at, 'login.title')
  await typeCode(at, codeOf(uri))
  await at.page.keyboard.press('Enter')
  await at.page.locator('#state').waitFor()
}

/** The page, where the app has shown its code. */
export async function manage({ at, uri }) {
  await at.page.locator('#manage').click()
  await title(at, 'manage.proof-title')
  unspent()
  await typeCode(at, codeOf(uri))
  await title(at, 'manage.title')
}

export const says = (at, key) => at.page.getByText(at.w[key], { exact: true }).first().waitFor()
export const theApp = (at) => at.page.locator('.nidan-ways button').first().click()
export const back = (at) => press(at, 'common.back')

/** A refusal is an answer; the browser writes it into its console. */
export const own = (complaints) => complaints.filter((line) => !/status of 4\d\d/.test(line))

/** Notices come when they come. */
export async function look(at) {
  await at.page.reload()
  await at.page.locator('#mailbox summary').click()
  await at.page.waitForTimeout(250)
}

/** The mailbox has letters with these words above them. */
export async function mailed(at, wanted) {
  for (let tries = 0; tries < 60; tries++) {
    await look(at)
    const mails = (await at.page.locator('#mails h3').allTextContents()).join('\n')
    if (wanted.every((words) => mails.includes(words))) return
    assert.ok(tries < 59, mails)
  }
}

const key = readFileSync(join(folder, 'api-key'), 'utf8').trim()

/** What the shop's support does for somebody, by the shop's id. */
export async function support(subject, action, more = {}) {
  const answer = await fetch(`${process.env.NIDAN_SERVICE}/v1/subjects/${subject}/${action}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ by: 'Anna', reason: 'lost everything', ...more }),
  })
  assert.equal(answer.status, 200)
  // The notice of a reset says a second, and ends sessions that began in it: people take longer to sign in.
  if (action === 'reset' || more.reset) await new Promise((done) => setTimeout(done, 1100))
  return answer.json()
}
