import { parentPort, workerData } from 'node:worker_threads'

import { serveReader } from './reader-service.ts'

const folder: string = workerData
if (parentPort) serveReader(parentPort, folder)
