// What people change after the set-up, against the real service and the shop.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { LANGUAGES, browser, chooseApp, codeOf, finish, password, person, press, scan, sql, title, toBackupCode, typeCode } from './lib.mjs'
import { back, enrolled, mailed, manage, own, says, signIn, theApp, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

for (const lang of LANGUAGES) {
  test(`${lang}: a name, a test, a pause and its end, the record, and off`, async () => {
    const who = await enrolled(shared, { lang })
    const { at, email, uri } = who
    await manage(who)
    await theApp(at)
    await press(at, 'manage.rename')
    await at.page.locator('#nidan-name').fill('<b>')
    await press(at, 'manage.name-save')
    await says(at, 'manage.name-wrong')
    assert.equal(await at.page.locator('#nidan-name').inputValue(), '<b>', 'nothing typed is lost')
    await at.page.locator('#nidan-name').fill('タブレット')
    await at.page.keyboard.press('Enter')
    await says(at, 'manage.done-named')
    await at.page.getByText('タブレット').waitFor()

    await press(at, 'manage.test')
    await title(at, 'manage.test-title')
    await typeCode(at, '000000')
    await at.page.locator('.nidan-error:not(:empty)').waitFor()
    unspent()
    await typeCode(at, codeOf(uri))
    await says(at, 'manage.done-tested')

    const remove = at.page.getByText(at.w['manage.remove'], { exact: true })
    assert.equal(await remove.count(), 0, 'the last one goes by turning off alone')
    await back(at)

    await press(at, 'manage.pause')
    await press(at, 'manage.why-abroad')
    await press(at, 'manage.hours-day')
    await says(at, 'manage.done-paused')
    await title(at, 'manage.paused-title')
    const other = await person(shared, { lang })
    await password(other, email)
    await other.page.locator('#state').waitFor()
    await press(at, 'manage.undo')
    await says(at, 'manage.done-resumed')

    await press(at, 'manage.browsers')
    await says(at, 'manage.browsers-none')
    await back(at)
    await press(at, 'manage.record')
    await says(at, 'record.resumed')
    await says(at, 'record.method-tested')
    await back(at)

    await press(at, 'manage.turn-off')
    await says(at, 'manage.off-advice')
    await press(at, 'manage.off-yes')
    await title(at, 'manage.off-code-title')
    unspent()
    await typeCode(at, codeOf(uri))
    await press(at, 'manage.turn-off')
    await at.page.locator('#set-up').waitFor()
    await other.page.reload()
    await other.page.locator('#email').waitFor()

    const wanted = lang === 'ja' ? ['2段階認証をオフにしました', '2段階認証を再開しました', '24時間、一時停止しました'] : ['turned off', 'asked for again', 'paused for 24 hours']
    await mailed(at, wanted)
    assert.deepEqual(own([...at.complaints, ...other.complaints]), [])
    await other.context.close()
    await at.context.close()
  })

  test(`${lang}: a lost phone is stopped by a backup code, lets nobody in, and is found`, async () => {
    const who = await enrolled(shared, { lang })
    const { at, email, uri, codes } = who
    const other = await person(shared, { lang })
    await signIn({ ...who, at: other })
    await manage(who)
    await theApp(at)
    await press(at, 'manage.lost')
    await press(at, 'manage.lost-yes')
    // What is lost does not say so itself.
    await at.page.locator('#nidan-backup').fill(codes[1])
    await press(at, 'confirm.check')
    await says(at, 'manage.done-held')
    await press(at, 'manage.finish')
    await at.page.locator('#state').waitFor()
    // Whoever has the phone is out, also where they were in.
    await other.page.reload()
    await other.page.locator('#email').waitFor()
    unspent()
    await password(other, email)
    await other.page.locator('#nidan-backup').waitFor()
    await other.page.locator('#nidan-backup').fill(codeOf(uri))
    await press(other, 'login.submit')
    await says(other, 'login.held')
    await toBackupCode(other)
    await other.page.locator('#nidan-backup').fill(codes[2])
    await press(other, 'login.submit')
    await other.page.locator('#state').waitFor()
    await other.context.close()

    await at.page.locator('#manage').click()
    await at.page.locator('#nidan-backup').fill(codes[3])
    await press(at, 'confirm.check')
    await title(at, 'manage.title')
    await theApp(at)
    await press(at, 'manage.found')
    await says(at, 'manage.done-released')
    await at.page.goto(`${at.page.url().split('?')[0]}?lang=${lang}`)
    await mailed(at, lang === 'ja' ? ['方法の利用を止めました', '止めていた方法を再開しました'] : ['A method was stopped', 'A stopped method is in use again'])
    assert.deepEqual(own(at.complaints), [])
    await at.context.close()
  })
}

test('where it was turned off elsewhere, managing begins a set-up, and the shop takes its result', async () => {
  const { at } = await enrolled(shared, { lang: LANGUAGES[0] })
  // As a tab leaves it that was closed before its result came back.
  sql('DELETE FROM totp')
  sql('DELETE FROM method')
  await at.page.locator('#manage').click()
  await chooseApp(at)
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri))
  await finish(at)
  assert.deepEqual(own(at.complaints), [])
  await at.context.close()
})

test('where the page cannot come, the service has one without scripts: new codes, and what was changed comes to the shop', async () => {
  const { at, uri } = await enrolled(shared, { lang: 'ja' })
  await at.page.route('**/nidan-manage_bg.wasm', (route) => route.abort())
  await at.page.locator('#manage').click()
  await at.page.locator('nidan-flow form.card button').click()
  await at.page.locator('input[name=code]').waitFor()
  unspent()
  await at.page.locator('input[name=code]').fill(codeOf(uri))
  await at.page.keyboard.press('Enter')
  await at.page.getByRole('heading', { name: at.w['manage.title'], level: 1 }).waitFor()
  await press(at, 'manage.new-codes')
  await press(at, 'manage.codes-yes')
  const codes = await at.page.locator('ol li').allTextContents()
  assert.equal(codes.length, 10)
  await at.page.getByLabel(at.w['codes.type-label']).fill(codes[4])
  await press(at, 'codes.use')
  await says(at, 'manage.done-codes')
  await press(at, 'manage.finish')
  await press(at, 'common.next')
  await at.page.getByText('変更しました。').waitFor()
  await at.context.close()
})
