import { expect, test } from 'vitest'

import { agentGroups, isFound, type Choosable } from './agent-groups.ts'

const agent = (id: string, origin: Choosable['origin'] = 'netra'): Choosable => ({
  id,
  name: id,
  description: `Does ${id}.`,
  origin,
})

test('agents stand in groups, the assistant and the supervisor first, each once', () => {
  const agents = [
    agent('actions'),
    agent('supervisor'),
    agent('weather', 'remote'),
    agent('data'),
    agent('assistant'),
    agent('clerk', 'own'),
    agent('clerk', 'own'),
    agent('something-new'),
  ]
  const groups = agentGroups(agents).map(({ name, agents: its }) => [name, its.map(({ id }) => id)])
  expect(groups).toEqual([
    ['Netra', ['assistant', 'data', 'something-new']],
    ['AI spend', ['supervisor', 'actions']],
    ['Of your own', ['clerk']],
    ['Elsewhere', ['weather']],
  ])
  expect(agentGroups([])).toEqual([])
})

test('an agent is found by words of its name, id and description, in any order', () => {
  const clerk = { ...agent('rate-desk'), name: 'Rate desk', description: 'Knows the contract.' }
  for (const typed of ['', 'rate', 'CONTRACT rate', 'rate-d', ' desk ']) {
    expect(isFound(clerk, typed)).toBe(true)
  }
  expect(isFound(clerk, 'rate weather')).toBe(false)
})
