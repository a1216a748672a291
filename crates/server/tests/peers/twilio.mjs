// What Twilio's official client says: its signature of a callback, or the request that it would send.
import twilio from "twilio";

const asked = JSON.parse(process.argv[2]);
if (asked.sign) {
  const { token, url, params } = asked.sign;
  console.log(JSON.stringify({ signature: twilio.getExpectedTwilioSignature(token, url, params) }));
} else {
  const { account, token, resource, options } = asked.request;
  const httpClient = {
    async request({ method, uri, username, password, headers, data }) {
      console.log(JSON.stringify({ method, uri, username, password, type: headers["Content-Type"], data }));
      return { statusCode: 201, body: { sid: "x" } };
    },
  };
  await twilio(account, token, { httpClient })[resource].create(options);
}
