// PouchDB's server over LevelDB in ./data, answers compressed: node server.mjs <port>.
import compression from 'compression'
import express from 'express'
import expressPouchDB from 'express-pouchdb'
import PouchDB from 'pouchdb'

const Kept = PouchDB.defaults({ prefix: './data-' })
const app = express()
app.use(compression())
app.use('/', expressPouchDB(Kept, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: './data-log.txt' }))
await new Kept('rows').info()
app.listen(Number(process.argv[2]), '127.0.0.1')
