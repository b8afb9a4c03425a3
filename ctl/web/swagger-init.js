/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


/* A file of its own, so that the page's policy can forbid inline scripts. */

window.addEventListener("DOMContentLoaded", function () {
    window.ui = SwaggerUIBundle({
        url: "/api/openapi.json",
        dom_id: "#swagger-ui",
        presets: [SwaggerUIBundle.presets.apis],
        layout: "BaseLayout",
        deepLinking: true,
        tryItOutEnabled: true,
        validatorUrl: null
    });
});
