import {
  allSpendingSchema,
  budgetsSchema,
  spendingSchema,
  stopOrdersSchema,
  stoppedSchema,
} from '../../packages/client/src/spending-api.ts'
import * as spending from '../../packages/server/src/gateway/http/spending.ts'
import * as stop from '../../packages/server/src/gateway/http/stop.ts'
import { media, type Area } from './route.ts'

export const spent: Area = {
  name: 'Spending',
  about: 'What models used, how much they may, and the order to stop everything.',
  routes: {
    'GET /api/spending': {
      summary: 'What models used for oneself, and what is left',
      who: ['account:read'],
      query: spending.since,
      answers: { 200: spendingSchema },
    },
    'GET /api/admin/spending': {
      summary: 'What models used for everybody',
      who: 'admin',
      query: spending.since,
      answers: { 200: allSpendingSchema },
    },
    'GET /api/admin/spending/export': {
      summary: 'The same by day, person, model and agent, as CSV',
      who: 'admin',
      query: spending.since,
      answers: { 200: media('text/csv', 'a row for each day, person, model and agent') },
    },
    'GET /api/admin/budgets': {
      summary: 'Budgets: of the settings, and as written down',
      who: 'admin',
      answers: { 200: budgetsSchema },
    },
    'PUT /api/admin/budgets': {
      summary: 'Write down the budgets of everybody together, of a role or of a person',
      who: 'admin',
      body: spending.budget,
      answers: { 200: budgetsSchema },
    },
    'GET /api/admin/stop': {
      summary: 'Orders to stop that stand',
      who: 'admin',
      answers: { 200: stopOrdersSchema },
    },
    'POST /api/admin/stop': {
      summary: 'Stop all that runs, of everybody or of one person, and let nothing start',
      who: 'admin',
      body: stop.stopWish,
      answers: { 200: stoppedSchema },
    },
    'DELETE /api/admin/stop': {
      summary: 'Let runs start again',
      who: 'admin',
      query: stop.liftWish,
      answers: { 200: stopOrdersSchema },
    },
  },
}
