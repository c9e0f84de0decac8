import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { silentLogger } from '../logger.ts'
import { createMetrics } from '../metrics.ts'
import { TestClock } from '../testing-clock.ts'
import { ChosenLevel } from './chosen-level.ts'
import type { ServiceLevel } from './service-level.ts'
import { ServiceMode, type Reason } from './service-mode.ts'

let folder: string
let clock: TestClock
let imposed: Reason[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netra-mode-'))
  clock = new TestClock()
  imposed = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(fromSettings: ServiceLevel = 'full', metrics = createMetrics()): ServiceMode {
  const mode = new ServiceMode({
    fromSettings,
    chosen: new ChosenLevel(folder),
    imposed: () => imposed,
    clock,
    logger: silentLogger,
    metrics,
  })
  mode.begin()
  return mode
}

test('the worst of settings, choice and failures counts, and a failure that is over counts no more', () => {
  using mode = open('no_tools')
  expect(mode.now()).toMatchObject({ level: 'no_tools' })
  imposed = [{ by: 'store', level: 'read_only', why: 'the disk is full' }]
  expect(mode.now()).toEqual({ level: 'read_only', why: 'the disk is full' })
  mode.choose('maintenance', 'we move to a new machine')
  expect(mode.now()).toEqual({ level: 'maintenance', why: 'we move to a new machine' })
  expect(mode.reasons().map(({ by }) => by)).toEqual(['settings', 'administrator', 'store'])
  mode.choose('full')
  imposed = []
  expect(mode.now()).toMatchObject({ level: 'no_tools' })
})

test('each mode withholds what it is about, and says why and when to ask again', () => {
  using mode = open()
  expect([mode.writing(), mode.entering(), mode.toolsOff()]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  mode.choose('read_only')
  expect(mode.writing()).toEqual({
    why: 'Nothing new is taken at the moment: an administrator has set Netra to read only. What is there can be read.',
    afterMs: 5_000,
  })
  expect(mode.entering()).toBeUndefined()
  mode.choose('no_tools')
  expect(mode.toolsOff()).toBe('tools are switched off by an administrator')
  expect(mode.writing()).toBeUndefined()
  mode.choose('maintenance')
  expect(mode.entering()?.why).toContain('Netra is being maintained')
})

test('what was chosen outlives the process and is heard by the other nodes of the folder', async () => {
  const metrics = createMetrics()
  using other = open('full', metrics)
  {
    using mode = open()
    mode.choose('maintenance', 'later')
  }
  expect(other.now().level).toBe('full')
  clock.jump(1_000)
  expect(other.now()).toEqual({ level: 'maintenance', why: 'later' })
  expect(await metrics.text()).toContain('netra_mode 3')
  using again = open()
  expect(again.now().level).toBe('maintenance')
  again.choose('full')
  clock.jump(1_000)
  expect(other.now()).toEqual({ level: 'full', why: null })
})

test('a file that names no mode stops a start, and changes nothing of a node that runs', () => {
  using mode = open()
  mode.choose('read_only')
  writeFileSync(join(folder, 'mode.json'), '{"level":"holiday"}')
  clock.jump(1_000)
  expect(mode.now().level).toBe('read_only')
  expect(() => open()).toThrow(/names no mode of service; remove it/)
})
