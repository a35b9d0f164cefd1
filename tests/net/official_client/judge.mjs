// Reads bars through the provider's official client and prints what it was given, as JSON.
//
//   node judge.mjs BASE_URL KEY '[{"ticker": "AAPL", "multiplier": 1, "timespan": "day", "from": …, "to": …, "limit": …}]'
//
// One object for each ask, in order: the client's own answer, or {"failed": {"status", "data"}} for its error.
import { restClient } from '@massive.com/client-js';

const [baseUrl, key, asks] = process.argv.slice(2);
const client = restClient(key, baseUrl, { pagination: true });

async function answerTo({ ticker, multiplier, timespan, from, to, sort, limit }) {
  try {
    return await client.getStocksAggregates({
      stocksTicker: ticker, multiplier, timespan, from, to, adjusted: false, sort: sort ?? 'asc', limit,
    });
  } catch (error) {
    return { failed: { status: error.response?.status, data: error.response?.data ?? String(error) } };
  }
}

const answers = [];
for (const ask of JSON.parse(asks)) answers.push(await answerTo(ask));
console.log(JSON.stringify(answers));
