import { parentPort, workerData } from 'node:worker_threads'

import { serveWriter } from './writer-service.ts'
import type { WriterOptions } from './writer.ts'

const options: WriterOptions = workerData
if (parentPort) serveWriter(parentPort, options)
