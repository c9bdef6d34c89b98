// Pages that are finished when they arrive, but for the bar.

import { setUpBar } from "./bar.js";

setUpBar();
