"""A login with Nidan, on Flask: two server calls, the check of the signed result, and the notice that ends sessions.

python host.py, with TWO_STEP_URL, TWO_STEP_ISSUER, TWO_STEP_API_KEY, TWO_STEP_NOTICES_SECRET and ORIGIN set.
"""

import base64, hashlib, hmac, json, os, secrets, time, urllib.request

import jwt
from flask import Flask, abort, make_response, redirect, request

PORT = int(os.environ.get("PORT", "5002"))
ORIGIN = os.environ.get("ORIGIN", f"http://127.0.0.1:{PORT}")
URL, ISSUER, API_KEY = (os.environ[f"TWO_STEP_{name}"] for name in ("URL", "ISSUER", "API_KEY"))
NOTICES_SECRET = os.environ["TWO_STEP_NOTICES_SECRET"]
if len(NOTICES_SECRET) < 32:
    raise SystemExit("TWO_STEP_NOTICES_SECRET: 32 characters and more")
AUDIENCE = "shop"
ACCEPTED = ("urn:nidan:acr:second-factor", "urn:nidan:acr:phishing-resistant", "urn:nidan:acr:trusted-browser")
CLAIMS = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "nonce", "purpose", "acr", "amr",
          "auth_time", "method_id", "factor_epoch"]
PAGE = """<!doctype html><script type="module" src="/nidan/nidan-flow.js"></script>
<nidan-flow purpose="verify" service="/2sv" flow-token="{}" complete-url="/login/2sv"></nidan-flow>"""
keys, app = jwt.PyJWKClient(f"{URL}/.well-known/jwks.json", timeout=5), Flask(__name__)

# Yours: people, sessions, and the results that were seen.
salt = secrets.token_bytes(16)
hashed = lambda password: hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1)
people = {"alice": ("user-alice", hashed("correct-horse"))}
sessions, spent = {}, {}

def forget():
    """What is old goes: sessions after half a day, results when their minute is over."""
    now = int(time.time())
    for old in [one for one, state in list(sessions.items()) if state["began"] <= now - 12 * 3600]:
        sessions.pop(old, None)
    for old in [jti for jti, exp in list(spent.items()) if exp < now - 60]:
        spent.pop(old, None)

def binding(session):
    digest = hashlib.sha256(f"two-step {session}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

def call(path, body):
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(URL + path, json.dumps(body).encode(), headers), timeout=5) as answer:
        return json.load(answer)

def finish(session, flow_id, result_code):
    """Exchanges what the page brought for a signed result, and checks every part of it."""
    subject = people[sessions[session]["user"]][0]
    answer = call(f"/v1/flows/{flow_id}/redeem", {"result_code": result_code, "session_binding": binding(session)})
    header = jwt.get_unverified_header(answer["assertion"])
    claims = jwt.decode(answer["assertion"], keys.get_signing_key(header["kid"]).key, algorithms=["EdDSA"], audience=AUDIENCE,
                        issuer=ISSUER, subject=subject, leeway=5, options={"require": CLAIMS, "strict_aud": True})
    right = (header["typ"] == "nidan-assertion+jwt" and "crit" not in header and claims["purpose"] == "verify" and claims["acr"] in ACCEPTED
             and claims["nonce"] == binding(session) and all(type(claims[name]) is int for name in ("iat", "nbf", "exp", "auth_time"))
             and isinstance(claims["amr"], list) and claims["amr"] and claims["auth_time"] <= claims["iat"] + 60
             and claims["exp"] - claims["iat"] <= 60 and isinstance(claims["jti"], str))
    if not right or claims["jti"] in spent:
        raise ValueError("a result for somebody else, or one that was used")
    spent[claims["jti"]] = claims["exp"]
    return claims

def begin(user, answer, **state):
    session = secrets.token_urlsafe(32)
    sessions[session] = {"user": user, "began": int(time.time()), **state}
    answer.set_cookie("session", session, httponly=True, samesite="Lax", secure=ORIGIN.startswith("https:"))
    return session

def signed_in(user, **state):
    answer = redirect("/me", 303)
    begin(user, answer, owes_code=False, **state)
    return answer

@app.before_request
def same_origin():
    forget()
    if request.method == "POST" and request.path != "/two-step-notices" and request.headers.get("Origin") != ORIGIN:
        abort(403)

@app.post("/two-step-notices")
def notice():
    """"This sign-in is not mine": somebody has the password, or the code too. Sessions that began before end."""
    stamp, body = request.headers["nidan-timestamp"], request.get_data()
    wanted = hmac.new(NOTICES_SECRET.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
    if abs(time.time() - int(stamp)) > 300 or not hmac.compare_digest(wanted, request.headers.get("nidan-signature", "")):
        abort(403)
    told = json.loads(body)
    if told["host"] != AUDIENCE:
        abort(403)
    ends = lambda state: people[state["user"]][0] == told["subject"] and state["began"] <= told["at"]
    for session in [one for one, state in sessions.items() if told["kind"] in ("reported", "reset") and ends(state)]:
        del sessions[session]
    return "", 204

@app.errorhandler(Exception)
def refused(error):
    return "", getattr(error, "code", None) if 400 <= (getattr(error, "code", None) or 0) < 500 else 401

@app.post("/login")
def login():
    user, answer = request.form["user"], make_response()
    subject, right = people.get(user, ("", b""))
    if not hmac.compare_digest(right, hashed(request.form["password"])):
        abort(401)
    session = begin(user, answer, owes_code=True)
    flow = call("/v1/flows", {"purpose": "verify", "subject": subject, "account_name": user, "auth_time": int(time.time()),
                              "session_binding": binding(session), "origin": ORIGIN})
    # Where your policy requires two-step verification, a set-up comes before anything else.
    may_go_on = flow["outcome"] == "not_enrolled" and not flow.get("enrolment")
    if may_go_on or flow["outcome"] == "paused":
        return signed_in(user)
    sessions[session]["flow_id"] = flow["flow_id"]
    answer.set_data(PAGE.format(flow["flow_token"]))
    return answer

@app.post("/login/2sv")
def complete():
    session = request.cookies.get("session")
    if not sessions[session]["owes_code"]:
        abort(401)
    claims = finish(session, sessions[session]["flow_id"], request.form["result_code"])
    # A report may have ended it meanwhile. What follows is as old as its password.
    owed = sessions.pop(session)
    # A lost phone was taken out of use: whoever has it is signed out.
    if claims.get("end_other_sessions"):
        for other in [one for one, state in list(sessions.items()) if state["user"] == owed["user"]]:
            sessions.pop(other, None)
    return signed_in(owed["user"], began=owed["began"])

@app.get("/me")
def me():
    state = sessions[request.cookies["session"]]
    return f"Signed in as {state['user']}" if not state["owes_code"] else abort(401)

if __name__ == "__main__":
    app.run("127.0.0.1", PORT)
