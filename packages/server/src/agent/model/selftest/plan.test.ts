import { expect, test } from 'vitest'

import { FAILURES, MOST, partText, planOf, PlanProblem } from './plan.ts'

const problemOf = (message: string): string => {
  try {
    planOf(message)
  } catch (error) {
    if (error instanceof PlanProblem) return error.message
    throw error
  }
  return 'none'
}

test('lines without an exclamation mark are the text, the others are commands', () => {
  expect(planOf('Hello\n!stream 12 200\nthere, all of you!')).toEqual({
    text: 'Hello\nthere, all of you!',
    useTool: true,
    toolFails: false,
    toolTakesMs: 0,
    waitMs: 0,
    parts: { count: 12, everyMs: 200, characters: 0 },
    ending: 'whole',
    failure: undefined,
  })
})

test('each command has its effect, whatever its case and the space before it', () => {
  expect(planOf('!no-tool').useTool).toBe(false)
  expect(planOf('  !Tool-Fails').toolFails).toBe(true)
  expect(planOf('!tool-takes 700').toolTakesMs).toBe(700)
  expect(planOf('!wait 5').waitMs).toBe(5)
  expect(planOf('!stream 2 0 300').parts).toEqual({ count: 2, everyMs: 0, characters: 300 })
  expect(planOf('!forever').parts.count).toBeGreaterThan(100)
  expect(planOf('!cut').ending).toBe('cut')
  expect(planOf('!truncated').ending).toBe('truncated')
  for (const name of FAILURES) expect(planOf(`!fail ${name}`).failure).toBe(name)
})

test('what is no command is refused with the commands that there are', () => {
  expect(problemOf('!dance')).toContain('there is no command !dance')
  expect(problemOf('!dance')).toContain('!stream')
  expect(problemOf('! stream 1 1')).toContain('there is no command !')
})

test('numbers that are missing, none, or beyond their bounds are refused with how it is written', () => {
  const refused = [
    '!wait',
    '!wait soon',
    '!wait -1',
    `!wait ${MOST.waitMs + 1}`,
    `!tool-takes ${MOST.waitMs + 1}`,
    '!stream 5',
    '!stream 0 10',
    `!stream ${MOST.parts + 1} 0`,
    `!stream 1 ${MOST.everyMs + 1}`,
    `!stream 1 0 ${MOST.characters + 1}`,
    '!fail',
    '!fail unheard-of',
  ]
  for (const message of refused) expect(problemOf(message)).toMatch(/^write !/)
})

test('no stream lasts longer or says more than the whole may', () => {
  expect(problemOf(`!stream 11 ${MOST.everyMs}`)).toMatch(/^write !stream/)
  expect(problemOf(`!stream 2 0 ${MOST.characters}`)).toMatch(/^write !stream/)
  expect(problemOf(`!stream 10 ${MOST.everyMs}`)).toBe('none')
  expect(problemOf(`!stream 1 0 ${MOST.characters}`)).toBe('none')
  const { count, everyMs } = planOf('!forever').parts
  expect(count * everyMs).toBeLessThanOrEqual(MOST.streamMs)
})

test('a part says its place and has the size that was asked for', () => {
  const parts = { count: 10, everyMs: 0, characters: 40 }
  expect(partText(3, parts)).toMatch(/^\n\[3\/10\] \.+$/)
  expect(partText(3, parts)).toHaveLength(40)
  expect(partText(3, { ...parts, characters: 0 })).toBe('\n[3/10] ')
})

test('parts come at once when they are few; many leave time to the runs of others', () => {
  expect(planOf('!stream 200 0').parts.everyMs).toBe(0)
  expect(planOf('!no-tool\n!stream 2000 0 75').parts).toEqual({
    count: 2000,
    everyMs: 5,
    characters: 75,
  })
  expect(planOf('!stream 600 20').parts.everyMs).toBe(20)
})
