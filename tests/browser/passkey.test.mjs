// Passkeys from the first set-up to the last login, with Chromium's own virtual authenticator (Chrome DevTools Protocol, domain
// WebAuthn). Only Chromium has one that scripts can play.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'

import {
  LANGUAGES, backupCodes, browser, codeOf, inFirefox, password, person, press, signOut, signUp, sql, title, toBackupCode, toSave, typeCode,
} from './lib.mjs'
import { device } from './device.mjs'
import { back, enrolled, manage, says, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const goOn = (at) => press(at, 'common.next')

/** From the security page to a passkey that has its name. */
async function toPasskey(at, name) {
  await at.page.locator('#set-up').click()
  await title(at, 'start.title')
  await press(at, 'start.begin')
  await title(at, 'method.title')
  await press(at, 'method.passkey-use')
  await make(at, name)
}

async function make(at, name) {
  await title(at, 'passkey.title')
  await press(at, 'passkey.make')
  await title(at, 'passkey.name-title')
  const field = at.page.locator('input[id^="nidan-passkey"]:visible')
  assert.match(await field.inputValue(), /Chrome/)
  await field.fill(name)
  await at.page.keyboard.press('Enter')
}

async function withPasskey(options, name = 'My laptop', kind = {}) {
  const at = await person(shared, options)
  const email = await signUp(at)
  const own = await device(at, kind)
  await toPasskey(at, name)
  await toSave(at)
  const codes = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(codes[0])
  await press(at, 'codes.finish')
  await title(at, 'done.title')
  await at.page.getByText(name).waitFor()
  await press(at, 'done.finish')
  await at.page.locator('#state').waitFor()
  await signOut(at)
  return { at, email, own, codes }
}

/** What the browser says of an answer of 4xx is no complaint. */
const real = (complaints) => complaints.filter((line) => !/status of 4\d\d/.test(line))

for (const lang of inFirefox ? [] : LANGUAGES) {
  test(`${lang}: a passkey and backup codes are set up, and the passkey signs in`, async () => {
    const { at, email, own } = await withPasskey({ lang })
    const [key] = await own.keys()
    assert.equal(key.rpId, 'localhost')
    await password(at, email)
    await title(at, 'passkey.login-title')
    await says(at, 'passkey.login-lead')
    await press(at, 'passkey.use')
    await at.page.locator('#state').waitFor()
    assert.deepEqual(real(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: whose device is gone takes a backup code`, async () => {
    const { at, email, own, codes } = await withPasskey({ lang })
    await own.gone()
    await password(at, email)
    await press(at, 'passkey.use')
    // Nothing fitting is at hand: some browsers wait for it without a word.
    await says(at, 'passkey.waits')
    await toBackupCode(at)
    await title(at, 'login.backup-title')
    await at.page.locator('#nidan-backup').fill(codes[1])
    await press(at, 'login.submit')
    await at.page.locator('#state').waitFor()
    assert.deepEqual(real(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: whose finger is not recognised tries again or takes another way`, async () => {
    const { at, email, own } = await withPasskey({ lang })
    await own.send('setUserVerified', { isUserVerified: false })
    await password(at, email)
    await press(at, 'passkey.use')
    await says(at, 'passkey.cancelled')
    assert.equal(await at.page.locator('.nidan-error:visible').filter({ hasText: /./ }).count(), 0)
    await own.send('setUserVerified', { isUserVerified: true })
    await press(at, 'common.retry')
    await at.page.locator('#state').waitFor()
    await at.context.close()
  })

  test(`${lang}: where the browser leaves without a word, "try again" asks again, and a double press asks once`, async () => {
    const { at, email, own } = await withPasskey({ lang })
    const asked = []
    at.page.on('request', (one) => { if (one.url().endsWith('/v1/flow/ceremonies')) asked.push(one.url()) })
    await own.send('setAutomaticPresenceSimulation', { enabled: false })
    await password(at, email)
    await at.page.getByRole('button', { name: at.w['passkey.use'], exact: true }).dblclick()
    await says(at, 'passkey.waits')
    await at.page.waitForTimeout(1100)
    assert.equal(asked.length, 1)
    await own.send('setAutomaticPresenceSimulation', { enabled: true })
    await press(at, 'common.retry')
    await at.page.locator('#state').waitFor()
    assert.equal(asked.length, 2)
    assert.deepEqual(real(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: beside an app a second passkey is added, named anew, tried, and goes`, async () => {
    const who = await enrolled(shared, { lang })
    const { at } = who
    const own = await device(at)
    await manage(who)
    await press(at, 'manage.add')
    await press(at, 'method.passkey-use')
    await make(at, 'First')
    await says(at, 'manage.done-added')
    assert.equal((await own.keys()).length, 1)

    // The same device has one already: another one is needed for a second.
    await press(at, 'manage.add')
    await press(at, 'method.passkey-use')
    await title(at, 'passkey.title')
    await press(at, 'passkey.make')
    await says(at, 'passkey.known')
    await own.gone()
    const other = await device(at, { transport: 'usb' })
    await press(at, 'common.retry')
    await title(at, 'passkey.name-title')
    await at.page.locator('input[id^="nidan-passkey"]:visible').fill('Second')
    await goOn(at)
    await says(at, 'manage.done-added')

    const named = (name) => at.page.locator('.nidan-ways button').filter({ hasText: name }).click()
    await named('Second')
    await press(at, 'manage.rename')
    await at.page.locator('input[id^="nidan-name"]:visible').fill('Key ring')
    await press(at, 'manage.name-save')
    await says(at, 'manage.done-named')
    await press(at, 'manage.test')
    await title(at, 'manage.test-title')
    await press(at, 'passkey.use')
    await says(at, 'manage.done-tested')
    assert.equal((await other.keys()).length, 1)
    await back(at)
    await named('First')
    await press(at, 'manage.remove')
    await press(at, 'manage.remove-yes')
    await says(at, 'manage.done-removed')
    // And the device itself forgets one that is gone.
    await named('Key ring')
    await press(at, 'manage.remove')
    await press(at, 'manage.remove-yes')
    await says(at, 'manage.done-removed')
    for (let turn = 0; (await other.keys()).length > 0; turn++) {
      assert.ok(turn < 50, 'it is still there')
      await at.page.waitForTimeout(100)
    }
    assert.deepEqual(real(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: where the last login was by a passkey the next one begins with it, and elsewhere with the app`, async () => {
    const who = await enrolled(shared, { lang })
    const { at, email } = who
    await device(at)
    await manage(who)
    await press(at, 'manage.add')
    await press(at, 'method.passkey-use')
    await make(at, 'Here')
    await says(at, 'manage.done-added')
    await at.page.reload()
    await signOut(at)
    await password(at, email)
    await title(at, 'login.title')
    await press(at, 'login.another')
    await at.page.locator('.nidan-ways button').filter({ hasText: 'Here' }).click()
    await press(at, 'passkey.use')
    await at.page.locator('#state').waitFor()
    await signOut(at)
    // The app signs in somewhere else, and is what the service would begin with.
    const elsewhere = await person(shared, { lang })
    await password(elsewhere, email)
    await press(elsewhere, 'login.another')
    await elsewhere.page.locator('.nidan-ways button').filter({ hasText: elsewhere.w['login.way-app'] }).click()
    // Two logins of one second are of one time.
    await elsewhere.page.waitForTimeout(1100)
    unspent()
    await typeCode(elsewhere, codeOf(who.uri))
    await elsewhere.page.keyboard.press('Enter')
    await elsewhere.page.locator('#state').waitFor()
    await signOut(elsewhere)
    await password(elsewhere, email)
    await title(elsewhere, 'login.title')
    await elsewhere.context.close()
    await password(at, email)
    await press(at, 'passkey.use')
    await at.page.locator('#state').waitFor()
    await at.context.close()
  })

  test(`${lang}: a key that signs wrongly is refused`, async () => {
    const { at, email, own } = await withPasskey({ lang })
    // Another site's key under the id of ours: it signs, and not rightly.
    const [key] = await own.keys()
    await own.send('removeCredential', { credentialId: key.credentialId })
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const foreign = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
    await own.send('addCredential', { credential: { ...key, privateKey: foreign } })
    await password(at, email)
    await press(at, 'passkey.use')
    await says(at, 'passkey.wrong')
    await press(at, 'common.retry')
    await says(at, 'passkey.wrong')
    await at.context.close()
  })

  for (const isSynced of [false, true]) {
    test(`${lang}: a key whose counter falls is ${isSynced ? 'good where its maker copies it' : 'refused'}`, async () => {
      const kind = { defaultBackupEligibility: isSynced, defaultBackupState: isSynced }
      const { at, email, own } = await withPasskey({ lang }, 'My laptop', kind)
      const [key] = await own.keys()
      assert.equal(key.backupEligibility, isSynced)
      const signIn = async (signCount) => {
        await own.send('removeCredential', { credentialId: key.credentialId })
        await own.send('addCredential', { credential: { ...key, signCount } })
        await password(at, email)
        await press(at, 'passkey.use')
      }
      await signIn(50)
      await at.page.locator('#state').waitFor()
      await signOut(at)
      await signIn(3)
      if (isSynced) await at.page.locator('#state').waitFor()
      else await says(at, 'passkey.wrong')
      await at.context.close()
    })
  }

  test(`${lang}: who says no to the browser sees no error, and asks again`, async () => {
    const { at, email } = await withPasskey({ lang })
    await password(at, email)
    await title(at, 'passkey.login-title')
    await at.page.evaluate(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException('The operation either timed out or was not allowed.', 'NotAllowedError'))
    })
    await press(at, 'passkey.use')
    await says(at, 'passkey.cancelled')
    assert.equal(await at.page.locator('.nidan-error:visible').filter({ hasText: /./ }).count(), 0)
    await at.page.evaluate(() => { delete navigator.credentials.get })
    await press(at, 'common.retry')
    await at.page.locator('#state').waitFor()
    assert.deepEqual(real(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: a key that the service does not know is refused, and a backup code goes on`, async () => {
    const { at, email, codes } = await withPasskey({ lang })
    await password(at, email)
    await title(at, 'passkey.login-title')
    // Out of a backup of before it was set up, say.
    sql('UPDATE passkey SET credential_index = randomblob(32) WHERE method_id = (SELECT id FROM method WHERE kind = \'passkey\' ORDER BY created_at DESC LIMIT 1)')
    await press(at, 'passkey.use')
    await says(at, 'passkey.wrong')
    await toBackupCode(at)
    await at.page.locator('#nidan-backup').fill(codes[1])
    await press(at, 'login.submit')
    await at.page.locator('#state').waitFor()
    await at.context.close()
  })

  test(`${lang}: a passkey whose answer was lost on the way is made anew on the same device`, async () => {
    const at = await person(shared, { lang })
    await signUp(at)
    await device(at)
    await at.page.route('**/v1/flow/ceremonies/*/answer', async (route) => {
      await route.fetch()
      await route.abort()
    }, { times: 1 })
    await at.page.locator('#set-up').click()
    await press(at, 'start.begin')
    await press(at, 'method.passkey-use')
    await press(at, 'passkey.make')
    await says(at, 'phone.unreachable')
    await press(at, 'common.retry')
    await title(at, 'passkey.name-title')
    await goOn(at)
    await toSave(at)
    await at.context.close()
  })
}

test('in a frame on another site’s page no passkey is offered', { skip: inFirefox }, async (one) => {
  const at = await person(shared, { lang: 'en' })
  const inside = `${process.env.NIDAN_URL}/gallery/frame.html?state=login-passkey&locale=en`
  const page = `<iframe src="${inside}" width="500" height="700" allow="publickey-credentials-get *"></iframe>`
  const outside = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(page)).listen(0, '127.0.0.1')
  one.after(() => { outside.closeAllConnections(); outside.close() })
  await once(outside, 'listening')
  // The demo itself may stand in no frame at all.
  await at.page.route(inside, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, headers: { ...answer.headers(), 'content-security-policy': '', 'x-frame-options': '' } })
  })
  await at.page.goto(`http://127.0.0.1:${outside.address().port}/`)
  await at.page.frameLocator('iframe').getByRole('heading', { name: at.w['login.title'] }).waitFor()
  await at.context.close()
  // The same by itself begins with the passkey.
  const alone = await person(shared, { lang: 'en' })
  await alone.page.goto(inside)
  await alone.page.getByRole('heading', { name: alone.w['passkey.login-title'] }).waitFor()
  await alone.context.close()
})

test('without WebAuthn the reason is said, and the other methods stay', { skip: inFirefox }, async () => {
  const { at, email, codes } = await withPasskey({ lang: 'en' })
  const other = await person(shared, { lang: 'en' })
  await other.page.addInitScript(() => { delete window.PublicKeyCredential })
  await other.page.goto(at.page.url())
  await password(other, email)
  await title(other, 'login.backup-title')
  await press(other, 'login.another')
  await other.page.getByRole('button', { name: other.w['method.passkey-name'] }).click()
  await says(other, 'passkey.browser')
  await toBackupCode(other)
  await other.page.locator('#nidan-backup').fill(codes[1])
  await press(other, 'login.submit')
  await other.page.locator('#state').waitFor()
  await other.context.close()
  await at.context.close()
})
