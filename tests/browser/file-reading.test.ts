import { test as base, afterAll, beforeAll, expect } from 'vitest'

import { inBrowser, PATIENCE_MS, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { register, type Person } from '../support/people.ts'

const test = base.extend<InBrowser>(inBrowser)
const SOON = { timeout: PATIENCE_MS }

let netra: NetraProcess
let ada: Person

beforeAll(async () => {
  netra = await startNetra()
  ada = await register(netra.url)
})
afterAll(() => netra[Symbol.asyncDispose]())

const ODD = `wann,modell,rein,raus,dauer
2026-01-05 10:00:00,gpt-4o,1.5,200,2.5
2026-01-05 10:00:01,gpt-4o,lots,100,1
2026-01-05 10:00:02,gpt-4o,2,50,1.5
`

test('a person corrects how an attached table is read and sees its rows anew', async ({
  visit,
}) => {
  const page = await visit(netra.url, { as: ada, expected: [/422/] })
  const shot = async (name: string) => {
    const folder = process.env['SHOTS']
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` })
  }
  await page
    .getByLabel('Attach files')
    .setInputFiles({ name: 'odd.csv', mimeType: 'text/csv', buffer: Buffer.from(ODD) })
  await page.getByRole('button', { name: 'How odd.csv is read' }).click()
  const dialog = page.getByRole('dialog', { name: 'How this file is read' })
  await expect.poll(() => dialog.getByText('No known export').count(), SOON).toBe(1)
  await shot('recognised')
  await dialog.getByLabel('Add a column').selectOption('input_tokens')
  await dialog.getByLabel('input tokens', { exact: true }).selectOption('modell')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => dialog.getByRole('alert').textContent(), SOON).toContain('Most cells')
  await shot('refused')
  await dialog.getByLabel('input tokens', { exact: true }).selectOption('rein')
  await dialog.getByLabel('Unit of input tokens').selectOption('thousand')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => dialog.getByText('Corrected by you').count(), SOON).toBe(1)
  const rows = dialog.getByRole('region', { name: 'First rows', exact: true })
  await expect.poll(() => rows.textContent(), SOON).toContain('1500')
  expect(await dialog.textContent()).toContain(
    '1 cells of input_tokens cannot be read, such as "lots": read as empty',
  )
  await shot('corrected')
})
