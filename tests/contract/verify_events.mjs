// Asks the official library whether it believes each signed event; node's part of a test.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [home] = process.argv.slice(2);
const Stripe = createRequire(`${home}/package.json`)('stripe');
const stripe = new Stripe('sk_test_x');
const told = JSON.parse(readFileSync(0, 'utf-8')).map(({ body, header, secret }) => {
  try {
    return stripe.webhooks.constructEvent(body, header, secret).id;
  } catch (error) {
    return `refused: ${error.message}`;
  }
});
console.log(JSON.stringify(told));
