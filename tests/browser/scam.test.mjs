// Three journeys of a swindle, against the real service and shop: every sentence on the screen is true.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LANGUAGES, addNumber, arrived, browser, codeIn, finish, folder, password, person, press, signUp, title, toBackupCode, typeCode, url } from './lib.mjs'
import { Databases, Person, World } from './walk/world.mjs'

let shared
let databases
before(async () => { shared = await browser(); databases = new Databases(folder) })
after(async () => { databases.close(); await shared.close() })

/** Somebody with a number, by SMS, and backup codes; signed out again. */
async function victim(lang) {
  const at = await person(shared, { lang })
  const email = await signUp(at)
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  const number = await addNumber(at)
  const codes = await finish(at)
  const her = Object.assign(new Person(0), { email, codes })
  return { at, email, number, world: new World(her, databases, url, process.env.NIDAN_SERVICE) }
}

const says = (at, key) => at.page.locator('nidan-flow').getByText(at.w[key].split('{')[0]).first().waitFor()
const saysNot = async (at, key) => assert.equal(await at.page.locator('nidan-flow').getByText(at.w[key].split('{')[0]).count(), 0, key)
const reports = async (at) => {
  await press(at, 'login.not-me')
  await press(at, 'report.send')
  await title(at, 'reported.title')
}
/** The host hears by a notice, within a second or two. */
async function isOut(world) {
  for (let look = 0; look < 40; look++) {
    if (!(await world.thiefIsIn())) return true
    await new Promise((done) => setTimeout(done, 100))
  }
  return false
}

for (const lang of LANGUAGES) {
  test(`${lang}: a caller has the password and asks for the code; she reports, and nobody got in`, async () => {
    const { at, email, number, world } = await victim(lang)
    await password(at, email)
    await press(at, 'login.sms-send')
    await arrived(number, 2)
    await reports(at)
    await says(at, 'reported.quiet')
    await saysNot(at, 'reported.logins')
    const truth = await world.truth()
    assert.deepEqual([truth.logins, truth.trusted], [0, 0], 'nobody did')
    const sent = await databases.service("SELECT method FROM event WHERE subject = ? AND kind = 'code_sent'", await world.subject())
    assert.deepEqual(sent, [['sms']], 'the record has the code that was sent')
    // The text that the caller waits for leads in nowhere any more.
    assert.equal((await databases.service("SELECT COUNT(*) FROM flow WHERE subject = ? AND state = 'open'", await world.subject()))[0][0], 0)
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: a thief is inside and his browser is trusted; her report says so, ends both, and leads to a new password`, async () => {
    const { at, email, number, world } = await victim(lang)
    await world.letThiefIn()
    assert.equal(await world.thiefIsIn(), true)
    assert.equal((await world.truth()).trusted, 1)
    let heard = 0
    await at.page.exposeFunction('heardReport', () => { heard += 1 })
    await at.page.evaluate(() => addEventListener('nidan-reported', () => window.heardReport()))
    await password(at, email)
    await reports(at)
    await says(at, 'reported.logins')
    await says(at, 'reported.not-you')
    await says(at, 'reported.host')
    await saysNot(at, 'reported.quiet')
    // With the time and the browser that he came by.
    await at.page.locator('nidan-flow li').filter({ hasText: 'Chrome, Windows' }).waitFor()
    assert.equal(await isOut(world), true, 'his session has ended')
    assert.equal((await world.truth()).trusted, 0, 'and so has the trust')
    assert.equal(heard, 1)
    // He comes back with the password: he is asked for a code.
    const again = await fetch(`${url}/api/sign-in`, {
      method: 'POST', headers: { Origin: url, 'Content-Type': 'application/json', Cookie: world.thief },
      body: JSON.stringify({ email, password: world.person.password }),
    })
    assert.ok((await again.json()).flow_token, 'no way in without a code')
    // The way on: another password, behind both steps.
    assert.equal(await at.page.locator('nidan-flow h2').evaluate((title) => title === document.activeElement), true, 'read from the title on')
    await at.page.getByRole('link', { name: at.w['reported.change'] }).click()
    await password(at, email)
    await press(at, 'login.sms-send')
    await typeCode(at, codeIn(await arrived(number, 2)))
    await press(at, 'login.submit')
    await at.page.locator('#new-password').waitFor()
    await at.page.locator('#password').fill(world.person.password)
    await at.page.locator('#new-password').fill('another horse battery')
    await at.page.keyboard.press('Enter')
    await at.page.locator('#state').waitFor()
    const old = await fetch(`${url}/api/sign-in`, {
      method: 'POST', headers: { Origin: url, 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password: world.person.password }),
    })
    assert.equal(old.status, 401, 'the old one is worth nothing')
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: his own login is ended by her report, and tells him nothing of her`, async () => {
    const { at, email, world } = await victim(lang)
    const thief = await person(shared, { lang })
    await password(thief, email)
    await title(thief, 'login.title')
    await password(at, email)
    await reports(at)
    await press(thief, 'login.sms-send')
    await title(thief, 'reported.title')
    await says(thief, 'reported.elsewhere')
    for (const key of ['reported.quiet', 'reported.logins', 'reported.host']) await saysNot(thief, key)
    // A notice counts whole seconds: a session that begins within the report's own ends with the others.
    await new Promise((done) => setTimeout(done, 1_100))
    // Somebody who is signed in says the same of a line in the record.
    await world.letThiefIn()
    await at.page.locator('#leave').click()
    await password(at, email)
    await toBackupCode(at)
    await at.page.locator('#nidan-backup').fill(world.person.codes.shift())
    await press(at, 'login.submit')
    await at.page.locator('#state').waitFor()
    await at.page.locator('details:has(#not-me) > summary').click()
    await at.page.locator('#not-me').click()
    await at.page.locator('input[type=password]').waitFor()
    assert.equal(await isOut(world), true)
    assert.equal((await world.truth()).trusted, 0)
    await thief.context.close()
    await at.context.close()
  })
}
