// Every screen of a set-up with an app, and the endings that nobody wants to see.

import { backupCodes, codeOf, person, press, scan, signUp, title, toSave, typeCode, url } from './lib.mjs'
import { camera } from './camera.mjs'

export async function setUps(shared, look) {
  const count = await walk(shared, look)
  await endings(shared, look, count)
}

async function walk(shared, look) {
  const { lang, width, dark } = look
  const phone = width === 360
  const at = await person(shared, { lang, width, height: phone ? 740 : 900, dark, phone })
  if (phone && !dark) await at.page.clock.install()
  const shot = camera(at, '', look)
  await at.page.locator('#email').waitFor()
  await shot('shop')
  await signUp(at)
  await shot('security')
  await at.page.locator('#set-up').click()
  await title(at, 'start.title')
  await shot('start')
  await press(at, 'start.begin')
  await shot('method')
  await press(at, 'method.use')
  await shot('get-app')
  await press(at, 'app.have-one')
  await title(at, 'add.title')
  await shot('add-account')
  if (phone) await at.page.getByText(at.w['add.show-qr']).click()
  else await press(at, 'add.enlarge')
  await shot('qr-code')
  const uri = phone ? await at.page.getByRole('link', { name: at.w['add.open-app'] }).getAttribute('href') : await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri, Date.now() / 1000 - 90))
  await at.page.getByRole('alert').filter({ hasText: '90' }).waitFor()
  await shot('confirm-slow-clock')
  await typeCode(at, codeOf(uri))
  await toSave(at)
  await shot('save-codes')
  const codes = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(codes[0].replace(/.$/, (last) => (last === '0' ? '1' : '0')))
  await press(at, 'codes.finish')
  await shot('save-codes-typo')
  await at.page.locator('#nidan-backup').fill(codes[0])
  await at.page.route(`${url}/2sv/v1/flow/enrolment`, (route) => route.abort())
  await press(at, 'codes.finish')
  await at.page.getByRole('button', { name: at.w['post.now'] }).waitFor()
  await shot('no-connection')
  await at.page.unroute(`${url}/2sv/v1/flow/enrolment`)
  await press(at, 'post.now')
  await title(at, 'done.title')
  await shot('done')
  if (phone && !dark) {
    // The result is fresh for 40 seconds; then going on asks the service once more.
    await at.page.clock.runFor(42_000)
    await at.page.route(`${url}/2sv/v1/flow/enrolment`, (route) => route.abort())
    await press(at, 'done.finish')
    await at.page.getByRole('alert').filter({ hasText: at.w['done.trouble'] }).waitFor()
    shot.back()
    await shot('done-no-connection')
    await at.page.unroute(`${url}/2sv/v1/flow/enrolment`)
  }
  await press(at, 'done.finish')
  await at.page.locator('#state').waitFor()
  await shot('security-on')
  await at.context.close()
  return shot.count()
}

/** The screens that nobody wants to see. */
async function endings(shared, look, count) {
  const { lang, width, dark } = look
  const phone = width === 360
  const visitor = () => person(shared, { lang, width, height: phone ? 740 : 900, dark, phone })
  const at = await visitor()
  const shot = camera(at, '', look, count)
  await signUp(at)
  await at.page.route(`${url}/2sv/**`, (route) => route.abort())
  await at.page.locator('#set-up').click()
  await title(at, 'trouble.title')
  await shot('unreachable')
  await at.page.unroute(`${url}/2sv/**`)
  await at.page.route(`${url}/2sv/v1/flow`, (route) => route.fulfill({ status: 401, json: { code: 'flow_expired' } }))
  await press(at, 'common.retry')
  await title(at, 'ended.expired-title')
  await shot('expired')
  await at.context.close()
  for (const [name, heading, answer] of [
    ['superseded', 'ended.superseded-title', { status: 409, json: { code: 'flow_conflict' } }],
    ['misconfigured', 'ended.misconfigured-title', { status: 403, json: { code: 'origin_mismatch' } }],
    ['already-on', 'ended.on-title', { status: 200, json: null }],
  ]) {
    const here = await visitor()
    await signUp(here)
    await here.page.route(`${url}/2sv/v1/flow`, async (route) => route.fulfill(answer.json ? answer
      : { json: { ...await (await route.fetch()).json(), enrolment: null } }))
    await here.page.locator('#set-up').click()
    await title(here, heading)
    await shot(name, here.page)
    await here.context.close()
  }
}
