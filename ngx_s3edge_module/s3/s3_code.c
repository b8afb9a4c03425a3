
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_code.h"


static int s3_code_compare(const s3_str_t *a, const s3_str_t *b);


/* sorted by bytes */

static const struct {
    s3_str_t   name;
    s3_code_t  code;
} s3_codes[] = {
    { s3_string("503 SlowDown"), S3_CODE_THROTTLE },
    { s3_string("AccessControlListNotSupported"), S3_CODE_REQUEST },
    { s3_string("AccessDenied"), S3_CODE_DENIED },
    { s3_string("AccessPointAlreadyOwnedByYou"), S3_CODE_REQUEST },
    { s3_string("AccountProblem"), S3_CODE_CREDENTIALS },
    { s3_string("AllAccessDisabled"), S3_CODE_DENIED },
    { s3_string("AmbiguousGrantByEmailAddress"), S3_CODE_REQUEST },
    { s3_string("AuthorizationError"), S3_CODE_CREDENTIALS },
    { s3_string("AuthorizationHeaderMalformed"), S3_CODE_CREDENTIALS },
    { s3_string("AuthorizationParametersError"), S3_CODE_CREDENTIALS },
    { s3_string("AuthorizationQueryParametersError"), S3_CODE_CREDENTIALS },
    { s3_string("BadDigest"), S3_CODE_REQUEST },
    { s3_string("BadRequest"), S3_CODE_REQUEST },
    { s3_string("BandwidthLimitExceeded"), S3_CODE_THROTTLE },
    { s3_string("BucketAlreadyExists"), S3_CODE_REQUEST },
    { s3_string("BucketAlreadyOwnedByYou"), S3_CODE_REQUEST },
    { s3_string("BucketHasAccessPointsAttached"), S3_CODE_REQUEST },
    { s3_string("BucketNotEmpty"), S3_CODE_REQUEST },
    { s3_string("Busy"), S3_CODE_THROTTLE },
    { s3_string("ClientTokenConflict"), S3_CODE_REQUEST },
    { s3_string("ConcurrentModification"), S3_CODE_SERVER },
    { s3_string("ConditionalRequestConflict"), S3_CODE_SERVER },
    { s3_string("ConnectionClosedByRequester"), S3_CODE_SERVER },
    { s3_string("CredentialsNotSupported"), S3_CODE_CREDENTIALS },
    { s3_string("CrossLocationLoggingProhibited"), S3_CODE_REQUEST },
    { s3_string("DeviceNotActiveError"), S3_CODE_CREDENTIALS },
    { s3_string("EndpointNotFound"), S3_CODE_REDIRECT },
    { s3_string("EntityTooLarge"), S3_CODE_REQUEST },
    { s3_string("EntityTooSmall"), S3_CODE_REQUEST },
    { s3_string("ExpiredToken"), S3_CODE_CREDENTIALS },
    { s3_string("ExpiredTokenException"), S3_CODE_CREDENTIALS },
    { s3_string("IllegalLocationConstraintException"), S3_CODE_REDIRECT },
    { s3_string("IllegalVersioningConfigurationException"), S3_CODE_REQUEST },
    { s3_string("IncompleteBody"), S3_CODE_REQUEST },
    { s3_string("IncompleteSignature"), S3_CODE_CREDENTIALS },
    { s3_string("IncorrectEndpoint"), S3_CODE_REDIRECT },
    { s3_string("IncorrectNumberOfFilesInPostRequest"), S3_CODE_REQUEST },
    { s3_string("InlineDataTooLarge"), S3_CODE_REQUEST },
    { s3_string("InsufficientCapacity"), S3_CODE_SERVER },
    { s3_string("InternalError"), S3_CODE_SERVER },
    { s3_string("InternalFailure"), S3_CODE_SERVER },
    { s3_string("InvalidAccessKeyId"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidAccessPoint"), S3_CODE_CONFIG },
    { s3_string("InvalidAccessPointAliasError"), S3_CODE_CONFIG },
    { s3_string("InvalidAddressingHeader"), S3_CODE_REQUEST },
    { s3_string("InvalidArgument"), S3_CODE_REQUEST },
    { s3_string("InvalidBucketAclWithObjectOwnership"), S3_CODE_REQUEST },
    { s3_string("InvalidBucketName"), S3_CODE_CONFIG },
    { s3_string("InvalidBucketOwnerAWSAccountID"), S3_CODE_REQUEST },
    { s3_string("InvalidBucketState"), S3_CODE_CONFIG },
    { s3_string("InvalidClientTokenId"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidDigest"), S3_CODE_REQUEST },
    { s3_string("InvalidEncryptionAlgorithmError"), S3_CODE_REQUEST },
    { s3_string("InvalidHostHeader"), S3_CODE_CONFIG },
    { s3_string("InvalidHttpMethod"), S3_CODE_REQUEST },
    { s3_string("InvalidLocationConstraint"), S3_CODE_REQUEST },
    { s3_string("InvalidObjectName"), S3_CODE_REQUEST },
    { s3_string("InvalidObjectState"), S3_CODE_DENIED },
    { s3_string("InvalidPart"), S3_CODE_REQUEST },
    { s3_string("InvalidPartNumber"), S3_CODE_REQUEST },
    { s3_string("InvalidPartOrder"), S3_CODE_REQUEST },
    { s3_string("InvalidPayer"), S3_CODE_DENIED },
    { s3_string("InvalidPolicyDocument"), S3_CODE_REQUEST },
    { s3_string("InvalidPrefixMarker"), S3_CODE_REQUEST },
    { s3_string("InvalidRange"), S3_CODE_REQUEST },
    { s3_string("InvalidRegion"), S3_CODE_CONFIG },
    { s3_string("InvalidRequest"), S3_CODE_REQUEST },
    { s3_string("InvalidSOAPRequest"), S3_CODE_REQUEST },
    { s3_string("InvalidSecurity"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidSessionException"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidSignature"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidStorageClass"), S3_CODE_REQUEST },
    { s3_string("InvalidTag"), S3_CODE_REQUEST },
    { s3_string("InvalidTargetBucketForLogging"), S3_CODE_REQUEST },
    { s3_string("InvalidTenantName"), S3_CODE_CONFIG },
    { s3_string("InvalidToken"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidTokenId"), S3_CODE_CREDENTIALS },
    { s3_string("InvalidURI"), S3_CODE_REQUEST },
    { s3_string("KMS.DisabledException"), S3_CODE_CONFIG },
    { s3_string("KMS.InvalidKeyUsageException"), S3_CODE_CONFIG },
    { s3_string("KMS.KMSInvalidStateException"), S3_CODE_CONFIG },
    { s3_string("KMS.NotFoundException"), S3_CODE_CONFIG },
    { s3_string("KeyTooLong"), S3_CODE_REQUEST },
    { s3_string("KeyTooLongError"), S3_CODE_REQUEST },
    { s3_string("Locked"), S3_CODE_SERVER },
    { s3_string("MalformedACLError"), S3_CODE_REQUEST },
    { s3_string("MalformedDate"), S3_CODE_CREDENTIALS },
    { s3_string("MalformedPOSTRequest"), S3_CODE_REQUEST },
    { s3_string("MalformedPolicy"), S3_CODE_REQUEST },
    { s3_string("MalformedXML"), S3_CODE_REQUEST },
    { s3_string("MaxMessageLengthExceeded"), S3_CODE_REQUEST },
    { s3_string("MaxPostPreDataLengthExceededError"), S3_CODE_REQUEST },
    { s3_string("MetadataTooLarge"), S3_CODE_REQUEST },
    { s3_string("MethodNotAllowed"), S3_CODE_REQUEST },
    { s3_string("MissingAttachment"), S3_CODE_REQUEST },
    { s3_string("MissingAuthenticationToken"), S3_CODE_CREDENTIALS },
    { s3_string("MissingContentLength"), S3_CODE_REQUEST },
    { s3_string("MissingRequestBodyError"), S3_CODE_REQUEST },
    { s3_string("MissingSecurityElement"), S3_CODE_CREDENTIALS },
    { s3_string("MissingSecurityHeader"), S3_CODE_CREDENTIALS },
    { s3_string("NoLoggingStatusForKey"), S3_CODE_REQUEST },
    { s3_string("NoSuchAccessPoint"), S3_CODE_CONFIG },
    { s3_string("NoSuchAsyncRequest"), S3_CODE_REQUEST },
    { s3_string("NoSuchBucket"), S3_CODE_CONFIG },
    { s3_string("NoSuchBucketPolicy"), S3_CODE_CONFIG },
    { s3_string("NoSuchCORSConfiguration"), S3_CODE_CONFIG },
    { s3_string("NoSuchConfiguration"), S3_CODE_CONFIG },
    { s3_string("NoSuchKey"), S3_CODE_MISSING },
    { s3_string("NoSuchLifecycleConfiguration"), S3_CODE_CONFIG },
    { s3_string("NoSuchMultiRegionAccessPoint"), S3_CODE_CONFIG },
    { s3_string("NoSuchObjectLockConfiguration"), S3_CODE_REQUEST },
    { s3_string("NoSuchPublicAccessBlockConfiguration"), S3_CODE_CONFIG },
    { s3_string("NoSuchResource"), S3_CODE_REQUEST },
    { s3_string("NoSuchTagSet"), S3_CODE_REQUEST },
    { s3_string("NoSuchUpload"), S3_CODE_REQUEST },
    { s3_string("NoSuchVersion"), S3_CODE_MISSING },
    { s3_string("NoSuchWebsiteConfiguration"), S3_CODE_CONFIG },
    { s3_string("NoTransformationDefined"), S3_CODE_CONFIG },
    { s3_string("NotDeviceOwnerError"), S3_CODE_CREDENTIALS },
    { s3_string("NotFound"), S3_CODE_MISSING },
    { s3_string("NotImplemented"), S3_CODE_REQUEST },
    { s3_string("NotModified"), S3_CODE_REQUEST },
    { s3_string("NotSignedUp"), S3_CODE_CREDENTIALS },
    { s3_string("ObjectLockConfigurationNotFoundError"), S3_CODE_CONFIG },
    { s3_string("OperationAborted"), S3_CODE_SERVER },
    { s3_string("OptInRequired"), S3_CODE_CREDENTIALS },
    { s3_string("OwnershipControlsNotFoundError"), S3_CODE_CONFIG },
    { s3_string("PermanentRedirect"), S3_CODE_REDIRECT },
    { s3_string("PermanentRedirectControlError"), S3_CODE_REDIRECT },
    { s3_string("PreconditionFailed"), S3_CODE_REQUEST },
    { s3_string("QuotaExceeded"), S3_CODE_REQUEST },
    { s3_string("RateLimitExceeded"), S3_CODE_THROTTLE },
    { s3_string("Redirect"), S3_CODE_REDIRECT },
    { s3_string("ReplicationConfigurationNotFoundError"), S3_CODE_CONFIG },
    { s3_string("RequestExpired"), S3_CODE_CREDENTIALS },
    { s3_string("RequestHeaderSectionTooLarge"), S3_CODE_REQUEST },
    { s3_string("RequestIsNotMultiPartContent"), S3_CODE_REQUEST },
    { s3_string("RequestLimitExceeded"), S3_CODE_THROTTLE },
    { s3_string("RequestThrottled"), S3_CODE_THROTTLE },
    { s3_string("RequestThrottledException"), S3_CODE_THROTTLE },
    { s3_string("RequestTimeTooSkewed"), S3_CODE_CREDENTIALS },
    { s3_string("RequestTimeout"), S3_CODE_SERVER },
    { s3_string("RequestTorrentOfBucketError"), S3_CODE_REQUEST },
    { s3_string("ResponseInterrupted"), S3_CODE_SERVER },
    { s3_string("RestoreAlreadyInProgress"), S3_CODE_REQUEST },
    { s3_string("ServerBusy"), S3_CODE_THROTTLE },
    { s3_string("ServerSideEncryptionConfigurationNotFoundError"),
      S3_CODE_CONFIG },
    { s3_string("ServiceFailure"), S3_CODE_SERVER },
    { s3_string("ServiceUnavailable"), S3_CODE_THROTTLE },
    { s3_string("SignatureDoesNotMatch"), S3_CODE_CREDENTIALS },
    { s3_string("SlowDown"), S3_CODE_THROTTLE },
    { s3_string("SlowDownRead"), S3_CODE_THROTTLE },
    { s3_string("SlowDownWrite"), S3_CODE_THROTTLE },
    { s3_string("TemporaryRedirect"), S3_CODE_REDIRECT },
    { s3_string("ThrottledException"), S3_CODE_THROTTLE },
    { s3_string("Throttling"), S3_CODE_THROTTLE },
    { s3_string("ThrottlingException"), S3_CODE_THROTTLE },
    { s3_string("TokenCodeInvalidError"), S3_CODE_CREDENTIALS },
    { s3_string("TokenRefreshRequired"), S3_CODE_CREDENTIALS },
    { s3_string("TooManyAccessPoints"), S3_CODE_REQUEST },
    { s3_string("TooManyBuckets"), S3_CODE_REQUEST },
    { s3_string("TooManyMultiRegionAccessPointregionsError"),
      S3_CODE_REQUEST },
    { s3_string("TooManyMultiRegionAccessPoints"), S3_CODE_REQUEST },
    { s3_string("TooManyRequests"), S3_CODE_THROTTLE },
    { s3_string("TooManyRequestsException"), S3_CODE_THROTTLE },
    { s3_string("TooManyTags"), S3_CODE_REQUEST },
    { s3_string("UnauthorizedAccessError"), S3_CODE_CONFIG },
    { s3_string("UnexpectedContent"), S3_CODE_REQUEST },
    { s3_string("UnexpectedIPError"), S3_CODE_CONFIG },
    { s3_string("UnknownError"), S3_CODE_SERVER },
    { s3_string("UnprocessableEntity"), S3_CODE_REQUEST },
    { s3_string("UnresolvableGrantByEmailAddress"), S3_CODE_REQUEST },
    { s3_string("UnsupportedArgument"), S3_CODE_REQUEST },
    { s3_string("UnsupportedSignature"), S3_CODE_CREDENTIALS },
    { s3_string("UserKeyMustBeSpecified"), S3_CODE_REQUEST },
    { s3_string("UserSuspended"), S3_CODE_CREDENTIALS },
    { s3_string("WebsiteRedirect"), S3_CODE_REDIRECT },
    { s3_string("XAmzContentSHA256Mismatch"), S3_CODE_REQUEST },
    { s3_string("XMinioBackendDown"), S3_CODE_SERVER },
    { s3_string("XMinioInsecureClientRequest"), S3_CODE_CONFIG },
    { s3_string("XMinioInvalidObjectName"), S3_CODE_REQUEST },
    { s3_string("XMinioInvalidResourceName"), S3_CODE_REQUEST },
    { s3_string("XMinioObjectExistsAsDirectory"), S3_CODE_REQUEST },
    { s3_string("XMinioParentIsObject"), S3_CODE_REQUEST },
    { s3_string("XMinioServerNotInitialized"), S3_CODE_SERVER },
    { s3_string("XMinioStorageFull"), S3_CODE_SERVER },
    { s3_string("ZonegroupDefaultPlacementMisconfiguration"), S3_CODE_CONFIG }
};


s3_code_t
s3_code_find(const s3_str_t *code)
{
    int     rc;
    size_t  first, middle, end;

    first = 0;
    end = sizeof(s3_codes) / sizeof(s3_codes[0]);

    while (first < end) {
        middle = first + (end - first) / 2;

        rc = s3_code_compare(code, &s3_codes[middle].name);
        if (rc == 0) {
            return s3_codes[middle].code;
        }

        if (rc < 0) {
            end = middle;

        } else {
            first = middle + 1;
        }
    }

    return S3_CODE_UNKNOWN;
}


static int
s3_code_compare(const s3_str_t *a, const s3_str_t *b)
{
    int     rc;
    size_t  len;

    len = (a->len < b->len) ? a->len : b->len;

    rc = (len != 0) ? memcmp(a->data, b->data, len) : 0;

    return (rc != 0) ? rc : (a->len > b->len) - (a->len < b->len);
}


int
s3_code_may_store(unsigned status, s3_code_t code)
{
    switch (status) {

    case 403:
        return code == S3_CODE_DENIED;

    case 404:
    case 410:
        return code == S3_CODE_MISSING || code == S3_CODE_UNKNOWN;

    default:
        return status < 400 && code == S3_CODE_UNKNOWN;
    }
}


int
s3_code_is_origin_fault(unsigned status, s3_code_t code)
{
    switch (code) {

    case S3_CODE_CREDENTIALS:
    case S3_CODE_THROTTLE:
    case S3_CODE_SERVER:
        return 1;

    default:
        return status >= 500 || status == 429;
    }
}
